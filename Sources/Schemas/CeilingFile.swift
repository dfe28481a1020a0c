import Foundation

/// The results of `ceiling`.
public struct CeilingFile: FileFormat {
  public var formatVersion: Int? = newestFormat
  /// The instruction set the program was built for.
  public var isa = ""
  /// The CPU's name; nil in older files.
  public var cpu: String?
  /// Nil in older files.
  public var origin: Origin?
  /// The core it ran on; nil where it could not be bound to one.
  public var core: Int?
  /// What was assumed, a sentence each.
  public var assumptions: [String] = []
  /// A row for each width, batch, mode and number of ranks.
  public var ceiling: [CeilingResult] = []

  public init() {}
}

/// What a step on N ranks could be worth if nobody waited and nothing had to be sent. Times are in µs, means over steps.
public struct CeilingResult: FileRecord, OfCase {
  /// C, H and B, which is each rank's in weak scaling; names of all ranks together.
  public var c = 0, heads = 0, batch = 0, globalBatch = 0
  public var mode = ScalingMode.strong
  /// N
  public var ranks = 0
  public var engine = ""
  /// Steps that were played.
  public var steps = 0
  /// A step of one core with the same global batch.
  public var singleCoreUs = Double.nan
  /// A rank's part of choosing batches.
  public var selectionUs = Double.nan
  /// Forward and backward pass: of the slowest rank, and of the mean one.
  public var computeMaxUs = Double.nan, computeMeanUs = Double.nan
  /// Reduction of a slice over all gradients, Adam and the transposed copies, likewise.
  public var updateMaxUs = Double.nan, updateMeanUs = Double.nan
  /// How much longer both take where what other ranks wrote comes from memory; not part of the ceiling. Nil for one rank.
  public var transferUs: Double?
  /// One core / (selection + largest passes + largest update), and the same over N.
  public var speedupCeiling = Double.nan, efficiencyCeiling = Double.nan
  /// N / (operations of all ranks over those of one · largest over mean): what no implementation can exceed.
  public var flopBound = Double.nan
  /// Operations of all ranks / operations of one; and of the rank with the most / mean.
  public var flopInflation = Double.nan, flopImbalance = Double.nan
  /// The phase that takes most of what lies between ceiling and bound: "selection", "passes" or "update".
  public var lostTo = ""
  /// How often cache lines change hands in a pass of the barrier, of which a step has two, and how many of them a rank waits
  /// for one after the other; nil in older files.
  public var barrierTransfers: Int?, barrierDepth: Int?
  /// One core / (the ceiling's step and the assumed prices of barriers and of reading other ranks' bytes).
  public var expectedSpeedup = Double.nan

  public init() {}
}

/// What a ceiling and a result have in common where one stands beside the other.
struct CeilingCase: Hashable {
  private let what: Case
  private let heads, globalBatch, ranks: Int

  init(_ row: CeilingResult) {
    (what, heads, globalBatch, ranks) = (Case(row), row.heads, row.globalBatch, row.ranks)
  }

  init(_ row: ScalingResult) {
    (what, heads, globalBatch, ranks) = (Case(row), row.heads, row.globalBatch, row.ranks)
  }
}

extension ScalingReport {
  /// Each result on several ranks that has a ceiling, beside it.
  public var besideCeilings: [(result: ScalingResult, ceiling: CeilingResult)] {
    let ceilings = Dictionary((ceiling?.ceiling ?? []).map { (CeilingCase($0), $0) }) { first, _ in first }
    return results.compactMap { result in
      result.ranks > 1 ? ceilings[CeilingCase(result)].map { (result, $0) } : nil
    }
  }

  /// Takes ceilings in, in the place of those that it may have.
  ///
  /// - Throws: `ReportError.doesNotFit` where they are of another CPU or instruction set, or have no case in common with
  ///   the results.
  public mutating func add(_ ceiling: CeilingFile) throws {
    self.ceiling = ceiling
    try ReportLimits.check(self)
  }
}

extension CeilingFile {
  /// Reads ceilings that may come from anybody.
  ///
  /// - Throws: `ReportError.notAReport`, which names the field.
  public init(json: Data) throws {
    self = try SchemaJSON.decode(json)
    try ReportLimits.check(self)
  }
}

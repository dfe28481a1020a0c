/// The results of `ceiling`.
public struct CeilingFile: FileFormat {
  public var formatVersion: Int? = newestFormat
  /// The instruction set the program was built for.
  public var isa = ""
  /// The core it ran on; nil where it could not be bound to one.
  public var core: Int?
  /// What was assumed, a sentence each.
  public var assumptions: [String] = []
  /// A row for each width, batch, mode and number of ranks.
  public var ceiling: [CeilingResult] = []

  public init() {}
}

/// What a step on N ranks could be worth if nobody waited and nothing had to be sent. Times are in µs, means over steps.
public struct CeilingResult: FileRecord {
  /// C, H and B; of all ranks together; "strong" or "weak".
  public var c = 0, heads = 0, batch = 0, globalBatch = 0
  public var mode = ""
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
  /// One core / (the ceiling's step and the assumed prices of barriers and of reading other ranks' bytes).
  public var expectedSpeedup = Double.nan

  public init() {}
}

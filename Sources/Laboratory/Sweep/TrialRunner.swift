import CSIMD
import DataParallel
import GPT
import MPI
import Schemas

/// The names of all trials, and what is the same for all of them.
public struct TrialData: Sendable {
  /// Nine tenths, and the fixed tenth that is held out.
  public let training, heldOut: NameTable
  /// Of the whole data set.
  public let hash: String
  public let engine: EngineOptions
  public let version: String
  /// For groups of several ranks, whose sums else depend on their number.
  public var reproducible = false
  /// Of trials whose ranks are groups that take steps of their own.
  public var grouping = RankGrouping.host
  public var outer = OuterUpdate.average
  public var overlaps = false

  public init(training: NameTable, heldOut: NameTable, hash: String, engine: EngineOptions, version: String) {
    (self.training, self.heldOut, self.hash) = (training, heldOut, hash)
    (self.engine, self.version) = (engine, version)
  }
}

/// Trains a trial from its first step to its held-out loss.
public struct TrialRunner {
  private let data: TrialData
  /// The ranks that train it together.
  private let group: Communicator

  /// The gradient noise scale on the way.
  public struct NoiseWatch {
    /// Done, when it is measured.
    var steps: Set<Int>
    var hear: (_ step: Int, NoiseScale) -> Void
  }

  /// Parts of a run with a mean loss each.
  static let curveParts = 32

  public init(_ data: TrialData, group: Communicator) { (self.data, self.group) = (data, group) }

  /// Runs a trial. Collective over the group; the record is the same on all of its ranks, times excepted.
  ///
  /// - Parameters:
  ///   - limit: seconds of steps after which it ends as "out_of_time"; nil for none.
  ///   - noise: after which steps the gradient noise scale is measured, and who hears of it, on every rank.
  ///   - between: runs before each step, and every few names of the evaluation.
  /// - Returns: nil where a stop request ended it.
  /// - Throws: `MPIError`. What is wrong with the trial is an outcome.
  public func run(
    _ trial: Trial, limit: Double? = nil, noise: NoiseWatch? = nil, between: () throws -> Void = {}
  ) throws -> TrialRecord? {
    var record = trial.record
    record.ranks = group.size
    let start = csimd_nanoseconds()
    defer { Whereabouts.leave(steps: trial.steps) }
    do {
      let settings = try trial.settings(
        engine: data.engine, reproducible: data.reproducible, grouping: group.size > 1 ? data.grouping : nil,
        outer: data.outer, overlaps: data.overlaps)
      let trainer = try Trainer(
        settings: settings, names: data.training, dataHash: data.hash, version: data.version, world: group)
      let isWhole = try run(trainer, trial, limit: limit, noise: noise, between: between, &record)
      try trainer.close()
      return isWhole ? record : nil
    } catch let failure as JobFailure {
      record.outcome = failure.isDivergence ? "diverged" : "failed"
      record.reason = failure.description
      record.seconds = Double(csimd_nanoseconds() - start) * 1e-9
    } catch let error as SettingsError {
      record.outcome = "failed"
      record.reason = error.description
    }
    return record
  }

  /// - Returns: whether no stop request came in between.
  private func run(
    _ trainer: Trainer, _ trial: Trial, limit: Double?, noise: NoiseWatch?, between: () throws -> Void,
    _ record: inout TrialRecord
  ) throws -> Bool {
    var curve = LossCurve(steps: trial.steps, parts: Self.curveParts)
    let deadline = limit.map { csimd_nanoseconds() + UInt64($0 * 1e9) }
    let measured = noise.map { noise in (names: data.training, isDue: { noise.steps.contains($0) }) }
    let summary = try trainer.run(noise: measured) {
      try between()
      return deadline.map { csimd_nanoseconds() > $0 } ?? false
    } onRecord: {
      curve.add($0.loss)
      if let scale = $0.noiseScale { noise?.hear($0.step, scale) }
    }
    if trainer.wasStopped { return false }
    record.seconds = summary.stepSeconds
    record.curve = curve.means
    if summary.interrupted {
      record.outcome = "out_of_time"
      record.reason = "after step \(summary.steps) of \(trial.steps)"
      return true
    }
    record.trainingLoss = summary.lossLast100
    record.parametersHash = summary.parametersHash
    record.heldOutLoss = try trainer.evaluate(data.heldOut, between: between)
    return record.heldOutLoss != nil
  }
}

/// The mean loss of each of a few equal parts of a run.
struct LossCurve {
  private let steps, parts: Int
  private var done = 0
  private var sum = 0.0, count = 0
  private(set) var means: [Double] = []

  init(steps: Int, parts: Int) {
    self.steps = steps
    self.parts = min(parts, steps)
    means.reserveCapacity(self.parts)
  }

  mutating func add(_ loss: Double) {
    (sum, count, done) = (sum + loss, count + 1, done + 1)
    guard done * parts / steps > means.count else { return }
    means.append(sum / Double(count))
    (sum, count) = (0, 0)
  }
}

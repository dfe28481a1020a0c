import DataParallel
import GPT
import Schemas
import Values

/// Everything that decides what a trial comes to, besides the names and the engine.
public struct Trial: Sendable, Hashable {
  public var shape: Shape
  /// B
  public var batch: Int
  /// Of the whole schedule.
  public var steps: Int
  public var learningRate: Double
  public var schedule = LearningRateSchedule.linear
  public var warmUp = 0
  public var beta2 = 0.99
  public var batchRamp = 0
  public var average = 0.0
  public var seed: UInt64 = 1
  /// Where groups of ranks take steps of their own; nil for one update of all ranks in every step.
  public var rounds: Rounds?

  /// Groups, and steps between two exchanges.
  public struct Rounds: Sendable, Hashable {
    public var groups, every: Int

    public init(groups: Int, every: Int) { (self.groups, self.every) = (groups, every) }
  }

  public init(shape: Shape, batch: Int, steps: Int, learningRate: Double) {
    (self.shape, self.batch, self.steps, self.learningRate) = (shape, batch, steps, learningRate)
  }

  /// The same with another number of steps, its warm-up in proportion.
  public func lasting(_ steps: Int) -> Trial {
    var trial = self
    trial.steps = max(steps, 1)
    trial.warmUp = Int((Double(warmUp) * Double(trial.steps) / Double(self.steps)).rounded(.down))
    return trial
  }

  /// - Parameters:
  ///   - grouping: of the ranks that train it; nil for one rank, which plays all groups.
  ///   - outer, overlaps: of groups.
  /// - Throws: `SettingsError` for numbers that make no sense.
  public func settings(
    engine: EngineOptions, reproducible: Bool = false, grouping: RankGrouping? = nil,
    outer: OuterUpdate = .average, overlaps: Bool = false
  ) throws(SettingsError) -> Settings {
    var settings = try Settings(
      shape: shape, batch: batch, steps: steps, learningRate: learningRate, seed: seed, engine: engine, evaluate: true,
      reproducible: reproducible)
    (settings.schedule, settings.warmUp, settings.beta2) = (schedule, warmUp, beta2)
    (settings.batchRamp, settings.average) = (batchRamp, average)
    settings.localSteps = rounds.map { rounds in
      var local = LocalSteps(every: rounds.every)
      local.groups = grouping ?? .count(rounds.groups)
      (local.isPlayed, local.update, local.overlaps) = (grouping == nil, outer, overlaps)
      return local
    }
    return try settings.validated()
  }

  /// The record of it, without an outcome.
  public var record: TrialRecord {
    TrialRecord {
      ($0.c, $0.heads, $0.batch, $0.steps, $0.seed) = (shape.dModel, shape.heads, batch, steps, Int(seed))
      ($0.learningRate, $0.schedule, $0.warmUp) = (learningRate, schedule.rawValue, warmUp)
      ($0.beta2, $0.batchRamp, $0.average) = (beta2, batchRamp, average)
      ($0.groups, $0.syncEvery) = (rounds?.groups, rounds?.every)
    }
  }

  /// What a record is about.
  ///
  /// - Throws: where a file has settings that no trial can have.
  public init(_ record: TrialRecord) throws {
    self.init(
      shape: try Shape(dModel: record.c, heads: record.heads), batch: record.batch, steps: record.steps,
      learningRate: record.learningRate)
    guard let schedule = LearningRateSchedule(rawValue: record.schedule), let seed = UInt64(exactly: record.seed) else {
      throw ReportError.notAReport("schedule \(printable(record.schedule)) or seed \(record.seed) is not known")
    }
    (self.schedule, warmUp, beta2) = (schedule, record.warmUp, record.beta2)
    (batchRamp, average, self.seed) = (record.batchRamp, record.average, seed)
    if let groups = record.groups, let every = record.syncEvery { rounds = Rounds(groups: groups, every: every) }
    _ = try settings(engine: EngineOptions())
  }
}

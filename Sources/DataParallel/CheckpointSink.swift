import GPT

/// Who keeps checkpoints of a run: what a trainer asks on rank 0.
public protocol CheckpointSink: AnyObject {
  /// Whether a checkpoint behind this step is due and can be taken without waiting. Asked before the step's exchange,
  /// in every step; a yes is followed by `begin` and `commit` behind the step.
  ///
  /// - Parameter step: steps done by then.
  func wants(step: Int) -> Bool

  /// Where the model goes, to be overwritten. Returns when the memory is free.
  func begin() -> ModelArrays

  /// Hears that the model is there. The memory is the sink's again.
  func commit(_ progress: TrainingProgress)
}

/// How far a run is: with the model all that a checkpoint must hold.
public struct TrainingProgress: Sendable, Equatable {
  /// Steps done.
  public var steps: Int
  /// Losses of the last min(100, steps) steps, oldest first.
  public var losses: [Double]
  /// Since training began, without what lay between an end and a resumption.
  public var elapsedSeconds: Double
  /// Rows that the ranks computed, summed over the steps since their number last changed, and that number.
  public var rows: RowCounts
  public var ranks: Int
  /// Of the steps done, those whose parameters are in the model's sums.
  public var averagedSteps = 0
  /// Mean phases, and median step time: of a finished run's last process, and 0 before.
  public var phases: PhaseTimes
  public var microsecondsPerStep: Double

  public init(
    steps: Int, losses: [Double], elapsedSeconds: Double, rows: RowCounts, ranks: Int, phases: PhaseTimes,
    microsecondsPerStep: Double
  ) {
    (self.steps, self.losses, self.elapsedSeconds, self.rows) = (steps, losses, elapsedSeconds, rows)
    (self.ranks, self.phases, self.microsecondsPerStep) = (ranks, phases, microsecondsPerStep)
  }
}

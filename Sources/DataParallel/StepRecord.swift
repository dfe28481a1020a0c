/// What became of one step, or of the steps since the last record.
public struct StepRecord: Sendable {
  /// Steps done so far: 1 after the first.
  public var step: Int
  /// Mean loss of the step's global batch, in nats per prediction.
  public var loss: Double
  /// Of the step's update.
  public var learningRate: Double
  /// Exact mean loss of the held-out names after the step's update, in nats per prediction; nil where it was not due.
  public var heldOutLoss: Double?
  /// Of the parameters after the step's update; nil where it was not due.
  public var noiseScale: NoiseScale?
  /// Since training began, without evaluations, noise scales and what lay between an end and a resumption.
  public var elapsedSeconds: Double
  /// Mean over the steps since the last record, everything included.
  public var microsecondsPerStep: Double
  /// Means over the steps since the last record whose phases were measured.
  public var phases: PhaseTimes
  /// The share of those steps' time that went into waiting for other ranks and synchronising with them. Nil where no step
  /// was measured, and for one rank alone.
  public var communicationShare: Double?
  /// Predicted positions and names of the global batches per second, over the steps since the last record.
  public var positionsPerSecond, namesPerSecond: Double
}

/// What a run came to.
public struct RunSummary: Sendable {
  /// Steps done.
  public var steps: Int
  /// Mean loss of the last min(100, steps) steps, in nats per prediction.
  public var lossLast100: Double
  /// Median over the steps.
  public var microsecondsPerStep: Double
  public var parametersHash: String
  /// Mean phases over the steps that measured them.
  public var phases: PhaseTimes
  public var elapsedSeconds: Double
  /// Of this process's steps alone, batch selection included.
  public var stepSeconds: Double
  /// Names in the batches of all steps.
  public var samples: Int
  /// The same of this process's steps alone.
  public var ownSamples: Int
  /// Summed over the steps since the number of ranks last changed.
  public var rows: RowCounts
  /// N of `rows`.
  public var ranks: Int
  /// Between groups of ranks that take steps of their own, by this process, and their time besides the steps; nil where
  /// there are no such groups.
  public var exchanges: (count: Int, seconds: Double)?
  /// Mean loss of the held-out names, and how many there are.
  public var evaluation: (loss: Double, names: Int)?
  /// The last that was measured, and after how many steps; nil where none was.
  public var noiseScale: (step: Int, scale: NoiseScale)?
  /// Whether a signal ended the run before its last step.
  public var interrupted: Bool
  /// The step of the checkpoint that this process began with; nil where it began with none.
  public var resumedFrom: Int?

  /// The mean over the whole run.
  public var samplesPerSecond: Double { Double(samples) / elapsedSeconds }
}

/// The results of `race`: the fastest ways to a loss that were found, and what they take on 1 … N ranks.
public struct RaceFile: FileFormat {
  public var formatVersion: Int? = newestFormat
  /// What the file is, for whoever makes a page of it.
  public var kind: String? = "race"
  public var machine = SweepMachine()
  /// N of the job.
  public var ranks = 0
  public var target = Double.nan
  /// The loss that is to fall below the target: "training" or "held-out".
  public var loss = "training"
  /// What the numbers mean, a sentence each.
  public var definitions: [String] = []
  /// Since MPI was there, on rank 0.
  public var wallSeconds = Double.nan
  /// One core's fixed recipe, which all others are divided by; nil where there was no time for it.
  public var reference: RaceResult?
  /// What was run for real, by ranks, then by time.
  public var race: [RaceResult] = []
  /// The best of `race` for each number of ranks, then predictions.
  public var timeToTarget: [RaceTime] = []
  /// Where the predicted time stops falling, and why; nil without predictions.
  public var rankLimit: RankLimit?
  /// Steps to the target against batch, of the width `knobs_c`; ascending.
  public var stepsToTarget: [BatchSteps] = []
  /// C of `stepsToTarget` and `stepTimes`; nil where they were not measured.
  public var knobsC: Int?
  /// S = S_min · (1 + B_noise / B), fitted to `stepsToTarget`; nil for fewer than three batches.
  public var hyperbola: Hyperbola?
  /// B_noise with what the points leave open; nil without a hyperbola.
  public var criticalBatch: CriticalBatch?
  /// During a run of the fastest contender, ascending; nil in older files and where there was no time for it.
  public var noiseScale: [NoisePoint]?
  /// Of the training part: no batch has more.
  public var trainingNames: Int?
  /// Step time against batch and ranks, of the same width.
  public var stepTimes: [BatchTime] = []
  public var budgetSeconds: Double?
  /// The best loss within `budgetSeconds` of steps.
  public var budget: [BudgetResult] = []
  /// One sentence for each assumption of the predictions.
  public var assumptions: [String] = []
  /// What there was no time for, a sentence each.
  public var notMeasured: [String] = []
  /// Where nothing reached the target, how near the best came.
  public var nearestLoss: Double?

  public init() {}
}

/// A configuration that was run for real, with seeds that the search did not use.
public struct RaceResult: FileRecord {
  public var c = 0, heads = 0, batch = 0
  public var learningRate = Double.nan
  /// Of the whole schedule.
  public var steps = 0
  public var schedule = "linear"
  public var warmUp = 0
  public var beta2 = Double.nan
  public var batchRamp = 0
  public var average = 0.0
  /// Ranks that were busy.
  public var ranks = 0
  /// "one training" on all of the ranks, or "several at once", a rank each; "groups" of ranks in one training that take steps
  /// of their own.
  public var use = "one training"
  /// Of these: how many, and steps between two exchanges.
  public var groups: Int?, syncEvery: Int?
  /// Of these: "average" or "nesterov", and the latter's rate and momentum.
  public var outer: String?, outerRate: Double?, outerMomentum: Double?
  /// Of these: whether an exchange runs while the next steps are taken.
  public var syncOverlap: Bool?
  /// Whether at least four of five seeds did; of several at once, in at least four of five heats.
  public var reached = false
  /// Median of the five seeds; nil where the target was not reached.
  public var secondsToTarget: Double?
  /// Medians of the seeds.
  public var trainingLoss = Double.nan, heldOutLoss = Double.nan
  /// Its seconds over the reference run's of the same turn: median, least and greatest; nil without a reference.
  public var ratio: Double?, ratioLow: Double?, ratioHigh: Double?
  public var seeds: [SeedResult] = []
  /// Mean training loss of each of at most 32 equal parts of the steps, of the first seed.
  public var curve: [Double] = []

  public init() {}
}

/// One run of a configuration, or one heat of several at once: then it is the earliest's that reached the target.
public struct SeedResult: FileRecord {
  public var seed = 0
  public var reached = false
  /// Of all steps.
  public var seconds = Double.nan
  /// Nil where it did not finish.
  public var trainingLoss: Double?, heldOutLoss: Double?

  public init() {}
}

/// The time to the target on a number of ranks.
public struct RaceTime: FileRecord {
  public var ranks = 0
  public var seconds = Double.nan
  /// Whether it was, or is a prediction.
  public var measured = false
  /// Ranks that work, the others having no part in the training: of a prediction. Nil for all.
  public var usedRanks: Int?
  public var use = "one training"
  public var batch = 0
  public var steps = 0
  /// Predicted share of a step that is not computation; nil where it was measured.
  public var communicationShare: Double?

  public init() {}
}

/// The shortest schedule found that reaches the target at a batch.
public struct BatchSteps: FileRecord {
  public var batch = 0
  /// The best rate found there.
  public var learningRate = Double.nan
  public var steps = 0

  public init() {}
}

/// S = S_min · (1 + B_noise / B)
public struct Hyperbola: FileRecord, Equatable {
  /// Steps that no batch saves.
  public var sMin = Double.nan
  /// The batch that takes twice as many.
  public var bNoise = Double.nan

  public init() {}
}

/// The batch at which half of what a step costs is saved no more by a larger one: B_noise of the hyperbola, with a 95 %
/// interval of what the scatter of the points leaves open.
public struct CriticalBatch: FileRecord, Equatable {
  public var names = Double.nan
  /// Nil for fewer than four points.
  public var namesLow: Double?, namesHigh: Double?
  /// The same in predictions.
  public var predictions = Double.nan
  public var predictionsLow: Double?, predictionsHigh: Double?

  public init() {}
}

/// The gradient noise scale S / |G|² at one moment of a run, with 95 % intervals.
public struct NoisePoint: FileRecord, Equatable {
  /// Steps done.
  public var step = 0
  /// Of the run's steps.
  public var share = Double.nan
  /// Nil where it is not bounded.
  public var names: Double?, namesLow: Double?, namesHigh: Double?
  public var predictions: Double?, predictionsLow: Double?, predictionsHigh: Double?

  public init() {}
}

/// The fewest ranks beyond which the predicted time to the target does not fall.
public struct RankLimit: FileRecord, Equatable {
  public var ranks = 0
  public var seconds = Double.nan
  public var batch = 0, steps = 0
  /// The share of the ranks' time that is not one core's work: exchanges, drawing the batch, what each rank pays once a step.
  public var ceremonyShare = Double.nan
  /// The steps of a batch of the whole training set, which are the fewest there are, over these steps.
  public var noiseShare = Double.nan
  /// "noise" where less than a tenth of the time would be left to win if ceremony grew no further, and where the training set has
  /// no more names for a batch or for ranks; else "ceremony".
  public var cause = ""

  public init() {}
}

/// A step's time at a batch on some ranks, and the time to the target that follows.
public struct BatchTime: FileRecord {
  public var batch = 0, ranks = 0
  /// Median.
  public var usPerStep = Double.nan
  /// Steps to the target times the step; nil where the steps are not known.
  public var secondsToTarget: Double?
  /// Whether the step was, or is a prediction.
  public var measured = false

  public init() {}
}

/// The best of a few rates within a time.
public struct BudgetResult: FileRecord {
  public var c = 0, heads = 0, batch = 0, ranks = 0
  public var learningRate = Double.nan
  /// As many as fit the time by the measured step.
  public var steps = 0
  public var seconds = Double.nan
  public var trainingLoss: Double?, heldOutLoss: Double?

  public init() {}
}

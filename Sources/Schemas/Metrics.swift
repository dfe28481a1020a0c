/// A step in a metrics file. Each record is one line of JSON, whose first key is its type; all records of a type have the
/// same keys. docs/metrics.md says what each key means.
public struct MetricsRecord: FileRecord {
  public var type = "step"
  public var step = 0
  public var loss = Double.nan
  public var learningRate = Double.nan
  public var elapsedSeconds = Double.nan
  public var usPerStep = Double.nan
  /// The phases; choosing the batch is in the first.
  public var forwardUs = Double.nan, backwardUs = Double.nan, syncUs = Double.nan, waitUs = Double.nan
  public var adamUs = Double.nan
  public var positionsPerSecond = Double.nan, namesPerSecond = Double.nan, lettersPerSecond = Double.nan

  public init() {}
}

/// What the held-out names say of the model after a step.
public struct MetricsEvaluation: FileRecord {
  public var type = "evaluation"
  public var step = 0
  public var heldOutLoss = Double.nan
  public var heldOutNames = 0

  public init() {}
}

/// The gradient noise scale after a step.
public struct MetricsNoiseScale: FileRecord {
  public var type = "noise_scale"
  /// Steps done.
  public var step = 0
  /// S / |G|² in names, and a 95 % interval; each nil where it is not bounded.
  public var noiseScale: Double?, noiseScaleLow: Double?, noiseScaleHigh: Double?
  /// The same in predictions.
  public var predictions: Double?, predictionsLow: Double?, predictionsHigh: Double?
  /// S, of a prediction, and |G|².
  public var gradientNoise = Double.nan, gradientSquared = Double.nan
  /// That were drawn, and the names in them together.
  public var groups = 0, names = 0

  public init() {}
}

/// A link of a run's chain, with the digest of each tensor.
public struct MetricsLink: FileRecord {
  public var type = "link"
  /// Steps done.
  public var step = 0
  public var digest = ""
  /// That it hangs on.
  public var previousStep = 0, previous = ""
  /// How many of the steps done have their parameters in the sums among the tensors.
  public var averagedSteps = 0
  /// Of the tensors, in the order of a checkpoint's file.
  public var roots: [String] = []

  public init() {}
}

/// The line that ends a metrics file.
public struct MetricsSummary: FileFormat {
  public var type = "final"
  public var steps = 0
  public var lossLast100 = Double.nan
  public var usPerStep = Double.nan
  public var parametersHash = ""
  public var workInflation = Double.nan
  public var loadBalance = Double.nan
  public var sync = ""
  /// 0 of a run that was not resumed.
  public var resumedFromStep = 0
  public var interrupted = false
  /// Groups of ranks that took steps of their own, exchanges between them and their seconds; not in other runs' files.
  public var groups: Int?
  public var exchanges: Int?
  public var exchangeSeconds: Double?
  /// Seconds of all ranks' cores in this process's steps; nil where it took none.
  public var coreSecondsPerMillionNames: Double?
  /// Of all hosts while this process trained, and what was read; nil where it could not be.
  public var joules: Double?, joulesPerMillionNames: Double?
  public var energySource: String?
  /// `--watts`, and what that makes of the core-seconds; nil without the option.
  public var assumedWatts: Double?, assumedJoules: Double?, assumedJoulesPerMillionNames: Double?
  /// 1 had no types, and held-out losses in the other records.
  public var formatVersion: Int? = 2

  public init() {}
}

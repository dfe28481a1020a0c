/// A record of a metrics file, one line of JSON. docs/metrics.md says what each key means.
public struct MetricsRecord: FileRecord {
  public var step = 0
  public var loss = Double.nan
  /// With `--eval-every`, in the records of its steps.
  public var heldOutLoss: Double?
  public var elapsedSeconds = Double.nan
  public var usPerStep = Double.nan
  /// The phases; choosing the batch is in the first.
  public var forwardUs = Double.nan, backwardUs = Double.nan, syncUs = Double.nan, waitUs = Double.nan
  public var adamUs = Double.nan
  public var positionsPerSecond = Double.nan

  public init() {}
}

/// The line that ends a metrics file.
public struct MetricsSummary: FileFormat {
  public var final = true
  public var steps = 0
  public var lossLast100 = Double.nan
  public var usPerStep = Double.nan
  public var parametersHash = ""
  public var workInflation = Double.nan
  public var loadBalance = Double.nan
  public var sync = ""
  /// With `--eval` alone.
  public var lossHeldOut: Double?, heldOutNames: Int?
  /// Of a run that was resumed alone.
  public var resumedFromStep: Int?
  public var interrupted = false
  public var formatVersion: Int? = newestFormat

  public init() {}
}

/// The results of `ladder`.
public struct LadderFile: FileFormat {
  public var formatVersion: Int? = newestFormat
  /// The instruction set the program was built for.
  public var isa = ""
  /// Nil in older files.
  public var origin: Origin?
  /// C, H, B and N.
  public var c = 0, heads = 0, batch = 0, ranks = 0
  /// Scalar operations of a forward pass over a name of six letters.
  public var tapeNodes = 0
  /// A pass of the barrier between the ranks of a host, beside their steps; nil for one rank.
  public var barrierNs: Double?
  /// From the lowest.
  public var rungs: [RungResult] = []

  public init() {}
}

/// One rung, timed and compared with the rung before.
public struct RungResult: FileRecord {
  /// "autograd", "scalar", "vector", "batch", "padding", "exponential", "prefixes", "sme2", "ranks"
  public var rung = ""
  /// For people.
  public var title = ""
  /// 1 or B.
  public var namesPerStep = 0
  public var batchesTimed = 0
  /// Median over batches, and their inner 80 %.
  public var usPerSample = Double.nan, usPerSampleP10 = Double.nan, usPerSampleP90 = Double.nan
  /// 95 % of the median; nil in older files.
  public var ciLow: Double?, ciHigh: Double?
  /// Nil for the first rung.
  public var factorOverBefore: Double?
  public var factorOverFirst = Double.nan
  /// From the rung before, relative; nil for the first rung. See `RungDifference`.
  public var lossDifference: Double?, gradientDifference: Double?, parametersDifference: Double?

  public init() {}
}

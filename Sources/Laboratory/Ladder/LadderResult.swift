/// What `ladder` found, as its file has it: field names in snake case.
public struct LadderResult: Codable, Sendable {
  /// What the program was built for.
  public var isa: String
  public var c, heads, batch, ranks: Int
  /// Scalar operations of a forward pass over a name of six letters.
  public var tapeNodes: Int
  /// From the lowest.
  public var rungs: [RungResult]
}

public struct RungResult: Codable, Sendable {
  /// "autograd", "scalar", "vector", "batch", "padding", "exponential", "prefixes", "sme2", "ranks"
  public var rung: String
  /// For people.
  public var title: String
  /// 1 or B.
  public var namesPerStep: Int
  public var batchesTimed: Int
  /// Median over batches, and their inner 80 %.
  public var usPerSample, usPerSampleP10, usPerSampleP90: Double
  /// Nil for the first rung.
  public var factorOverBefore: Double?
  public var factorOverFirst: Double
  /// From the rung before, relative; nil for the first rung. See `RungDifference`.
  public var lossDifference, gradientDifference, parametersDifference: Double?
}

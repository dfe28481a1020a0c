/// The model, batch and mode of a curve: results of one case differ in ranks and strategy alone.
public struct Case: Hashable, Sendable {
  /// C and B.
  public let c: Int, batch: Int
  public let mode: ScalingMode

  public init(_ row: some OfCase) { (c, batch, mode) = (row.c, row.batch, row.mode) }
}

/// A case on some ranks under one strategy: of a measurement there is one, and of a prediction.
public struct Configuration: Hashable, Sendable {
  private let what: Case
  private let strategy: String
  private let ranks: Int

  public init(_ row: ScalingResult) { (what, strategy, ranks) = (Case(row), row.strategy, row.ranks) }

  public init(_ row: Prediction) { (what, strategy, ranks) = (Case(row), row.strategy, row.ranks) }
}

public protocol OfCase {
  var c: Int { get }
  var batch: Int { get }
  var mode: ScalingMode { get }
}

extension Sequence {
  /// Each value once, in order of appearance.
  package func distinct<Value: Hashable>(_ value: (Element) -> Value) -> [Value] {
    var seen = Set<Value>()
    return map(value).filter { seen.insert($0).inserted }
  }
}

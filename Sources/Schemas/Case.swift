/// The model, batch and mode of a curve: results of one case differ in ranks and strategy alone.
public struct Case: Hashable, Sendable {
  /// C and B.
  public let c: Int, batch: Int
  public let mode: ScalingMode

  public init(_ row: some OfCase) { (c, batch, mode) = (row.c, row.batch, row.mode) }
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

/// An estimate that may be unbounded, with its interval: "1,160 names (1,020 to 1,340)".
///
/// - Parameters:
///   - estimate: nil where only the lower end is known.
///   - low: nil where nothing is.
///   - high: nil for no upper end.
public func estimateWords(_ estimate: Double?, low: Double?, high: Double?, unit: String) -> String {
  func rounded(_ value: Double) -> String {
    value < 1000 || value >= 1e15 ? significant(value) : grouped(Int(value.rounded()))
  }
  guard let low else { return "not known in \(unit)" }
  guard let estimate else { return "above \(rounded(low)) \(unit)" }
  return "\(rounded(estimate)) \(unit) (\(rounded(low)) to \(high.map(rounded) ?? "any number"))"
}

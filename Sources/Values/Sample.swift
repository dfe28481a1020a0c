/// Order statistics of a sample.
public struct Sample: Sendable {
  /// Ascending.
  public let sorted: [Double]

  public init(_ values: [Double]) { sorted = values.sorted() }

  /// The value below which a share of the sample lies, interpolated linearly; 0 for an empty sample.
  public func quantile(_ share: Double) -> Double {
    guard let last = sorted.last else { return 0 }
    let position = share * Double(sorted.count - 1)
    let index = Int(position)
    guard index + 1 < sorted.count else { return last }
    return sorted[index] + (position - Double(index)) * (sorted[index + 1] - sorted[index])
  }

  public var median: Double { quantile(0.5) }
}

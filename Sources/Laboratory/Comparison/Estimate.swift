import Foundation
import Values

/// A figure and an interval around it.
struct Estimate: Equatable {
  let value: Double
  let interval: ClosedRange<Double>?

  /// - Parameters:
  ///   - low, high: nil or not finite where there is no interval. One that leaves the value out is widened to it.
  init(_ value: Double, low: Double?, high: Double?) {
    self.value = value
    guard let low, let high, low.isFinite, high.isFinite, value.isFinite else {
      interval = nil
      return
    }
    interval = min(low, high, value)...max(low, high, value)
  }

  /// The median of a few runs, and the narrowest pair of order statistics that holds the true median in 9 of 10 cases or
  /// more; there is none of fewer than five.
  ///
  /// Source: David and Nagaraja, "Order Statistics", 7.1: the pair (k, n + 1 − k) holds it with 1 − 2 P(X < k), X
  /// binomial of n and a half.
  init(runs: [Double]) {
    let sample = Sample(runs)
    let rank = Self.rank(of: runs.count)
    guard rank > 0 else {
      self.init(runs.isEmpty ? .nan : sample.median, low: nil, high: nil)
      return
    }
    self.init(sample.median, low: sample.sorted[rank - 1], high: sample.sorted[runs.count - rank])
  }

  /// k, from 1; 0 where no pair will do.
  private static func rank(of count: Int) -> Int {
    // The binomial's normal form, where its own terms are too small for a number.
    guard count <= 1000 else { return Int(Double(count) / 2 - 0.8225 * Double(count).squareRoot()) }
    var (below, term, rank) = (0.0, pow(0.5, Double(count)), 0)
    while rank < count / 2, 1 - 2 * (below + term) >= 0.9 {
      below += term
      term *= Double(count - rank) / Double(rank + 1)
      rank += 1
    }
    return rank
  }

  /// This one over another, and its interval; nil unless both are above 0.
  ///
  /// On logarithms each half of the interval is the root of the squares of the halves that make it. Source: Zou and
  /// Donner, "Construction of confidence limits about effect measures" (Statistics in Medicine 27, 2008).
  ///
  /// - Parameter betweenRuns: by what factor, less 1, two measurements of one thing differ that neither interval knows of.
  func ratio(over other: Estimate, betweenRuns: Double = 0) -> (value: Double, interval: ClosedRange<Double>?)? {
    guard value > 0, other.value > 0, value.isFinite, other.value.isFinite else { return nil }
    let ratio = value / other.value
    guard ratio > 0, ratio.isFinite else { return nil }
    guard let own = interval, let others = other.interval, own.lowerBound > 0, others.lowerBound > 0 else {
      return (ratio, nil)
    }
    func half(_ one: Double, _ two: Double) -> Double { hypot(hypot(log(one), log(two)), log1p(betweenRuns)) }
    let down = half(value / own.lowerBound, others.upperBound / other.value)
    let up = half(own.upperBound / value, other.value / others.lowerBound)
    let (low, high) = (ratio * exp(-down), ratio * exp(up))
    return (ratio, low <= ratio && ratio <= high && high.isFinite ? low...high : nil)
  }
}

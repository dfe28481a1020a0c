import GPT
import Values

/// A sample taken in rounds, for medians that say how sure they are.
///
/// Steps of one round share the machine's state of the moment, so it is rounds and not steps that are independent, and
/// rounds that are drawn again for the interval.
struct RoundSample: Sendable {
  /// One array per round.
  let rounds: [[Double]]

  init(_ rounds: [[Double]]) { self.rounds = rounds }

  /// - Parameter values: rounds of equal length, one after another.
  init(_ values: [Double], roundLength: Int) {
    rounds = stride(from: 0, to: values.count, by: roundLength).map {
      Array(values[$0..<min($0 + roundLength, values.count)])
    }
  }

  /// Over all values of all rounds.
  var median: Double { Sample(rounds.flatMap { $0 }).median }

  /// 95 % of a median.
  ///
  /// Source: the percentile bootstrap over blocks (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, §8.5
  /// and §13.3), with a fixed seed.
  var interval: ClosedRange<Double> {
    percentiles { draw in Sample(draw.flatMap { rounds[$0] }).median }
  }

  /// 95 % of this sample's median over another's of the same rounds. The rounds are drawn in pairs: what slows both
  /// down cancels.
  func ratioInterval(to other: RoundSample) -> ClosedRange<Double> {
    precondition(rounds.count == other.rounds.count)
    return percentiles { draw in
      let below = Sample(draw.flatMap { other.rounds[$0] }).median
      return below > 0 ? Sample(draw.flatMap { rounds[$0] }).median / below : 0
    }
  }

  private static let draws = 200

  private func percentiles(_ statistic: ([Int]) -> Double) -> ClosedRange<Double> {
    guard !rounds.isEmpty else { return 0...0 }
    let random = CounterRandom(seed: 1, stream: .generation)
    let count = rounds.count
    let drawn = Sample(
      (0..<Self.draws).map { draw in
        statistic((0..<count).map { Int(random.bits(UInt64(draw * count + $0)) % UInt64(count)) })
      })
    return drawn.quantile(0.025)...drawn.quantile(0.975)
  }
}

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

  /// All values of all rounds.
  var all: Sample { Sample(rounds.flatMap { $0 }) }

  var median: Double { all.median }

  /// 95 % of a median.
  ///
  /// Source: the percentile bootstrap over blocks (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, §8.5
  /// and §13.3), with a fixed seed.
  var interval: ClosedRange<Double> {
    let own = SortedRounds(rounds)
    return percentiles { own.median(drawn: $0) }
  }

  /// The interval's width over the median; 0 for an empty sample.
  var uncertainty: Double {
    let (median, interval) = (median, interval)
    return median > 0 ? (interval.upperBound - interval.lowerBound) / median : 0
  }

  /// 95 % of this sample's median over another's of the same rounds. The rounds are drawn in pairs: what slows both
  /// down cancels.
  func ratioInterval(to other: RoundSample) -> ClosedRange<Double> {
    precondition(rounds.count == other.rounds.count)
    let (own, others) = (SortedRounds(rounds), SortedRounds(other.rounds))
    return percentiles { drawn in
      let below = others.median(drawn: drawn)
      return below > 0 ? own.median(drawn: drawn) / below : 0
    }
  }

  private static let draws = 200

  /// - Parameter statistic: of rounds, each as often as the array says.
  private func percentiles(_ statistic: ([Int]) -> Double) -> ClosedRange<Double> {
    guard !rounds.isEmpty else { return 0...0 }
    let random = CounterRandom(seed: 1, stream: .generation)
    let count = rounds.count
    let values = Sample(
      (0..<Self.draws).map { draw in
        var drawn = [Int](repeating: 0, count: count)
        for index in 0..<count { drawn[Int(random.bits(UInt64(draw * count + index)) % UInt64(count))] += 1 }
        return statistic(drawn)
      })
    return values.quantile(0.025)...values.quantile(0.975)
  }
}

/// All values in order, sorted once for many draws of the rounds.
private struct SortedRounds {
  private let values: [(value: Double, round: Int)]
  private let lengths: [Int]

  init(_ rounds: [[Double]]) {
    values = rounds.enumerated().flatMap { round, values in values.map { ($0, round) } }.sorted { $0.0 < $1.0 }
    lengths = rounds.map(\.count)
  }

  /// As `Sample.median` of the drawn rounds' values; 0 where they have none.
  ///
  /// - Parameter drawn: how often each round was.
  func median(drawn: [Int]) -> Double {
    let count = zip(drawn, lengths).reduce(0) { $0 + $1.0 * $1.1 }
    guard count > 0 else { return 0 }
    var (seen, lower): (Int, Double?) = (0, nil)
    for (value, round) in values {
      seen += drawn[round]
      if lower == nil, seen > (count - 1) / 2 { lower = value }
      if let lower, seen > count / 2 { return lower + (value - lower) / 2 }
    }
    preconditionFailure("fewer values than counted")
  }
}

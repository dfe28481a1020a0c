import Schemas

/// How far more ranks bring a training nearer to its target: the best batch on any number of ranks, steps by the hyperbola
/// and a step by the prices.
///
/// No batch is larger than the training set, and no rank works without a name. Ranks may be left out: so the time never
/// rises with their number, and there is one from which on it does not fall.
struct RankReach {
  /// The best batch where exactly so many ranks work.
  struct Best {
    var ranks, batch: Int
    var steps: Double
    var seconds: Double
    var step: RacePredictions.Step
  }

  /// By ranks, ascending: 1, 2, 4, …
  private let all: [Best]
  /// The fewest steps there are: of a batch of the whole training set.
  private let fewestSteps: Double
  private let trainingNames: Int

  /// A time that is shorter by less is none that a prediction can tell: its prices are no surer.
  static let notable = 0.05
  /// Of the time, what would be worth more ranks.
  private static let worthwhile = 0.1

  /// - Parameters:
  ///   - trainingNames: the largest batch.
  ///   - step: nil where it is not described.
  init(_ hyperbola: Hyperbola, trainingNames: Int, step: (_ batch: Int, _ ranks: Int) -> RacePredictions.Step?) {
    // Also batches beyond those that were tried: the law says what they would save.
    let batches = (4..<Int.bitWidth - 1).map { 1 << $0 }.prefix { $0 < trainingNames } + [trainingNames]
    self.trainingNames = trainingNames
    fewestSteps = hyperbola.steps(batch: trainingNames)
    let counts = (0..<Int.bitWidth - 1).map { 1 << $0 }.prefix { $0 <= trainingNames }
    all = counts.compactMap { ranks in
      batches.filter { $0 >= ranks }.compactMap { batch -> Best? in
        guard let own = step(batch, ranks) else { return nil }
        let steps = hyperbola.steps(batch: batch)
        return Best(
          ranks: ranks, batch: batch, steps: steps, seconds: steps * own.microseconds * 1e-6, step: own)
      }.min { $0.seconds < $1.seconds }
    }
  }

  /// The fewest ranks that are as fast as any, but for so much of the time.
  private func fewest(within share: Double, upTo ranks: Int = .max) -> Best? {
    let allowed = all.filter { $0.ranks <= ranks }
    guard let least = allowed.map(\.seconds).min() else { return nil }
    return allowed.first { $0.seconds <= least * (1 + share) }
  }

  /// A row for each number of ranks that a job may have.
  func times(_ counts: [Int]) -> [RaceTime] {
    counts.compactMap { count in
      fewest(within: 0, upTo: count).map { best in
        RaceTime {
          ($0.ranks, $0.usedRanks, $0.batch) = (count, best.ranks, best.batch)
          ($0.steps, $0.seconds) = (Int(best.steps.rounded(.up)), best.seconds)
          $0.communicationShare = best.step.communication
        }
      }
    }
  }

  /// Where the time stops falling, and why.
  ///
  /// Two things stand against more ranks. A step has ceremony, which grows with them. And larger batches, which would give
  /// them work, save ever fewer steps. At the best batch both weigh alike: so the question is what would be left to win if the
  /// ceremony grew no further. Where that is nothing, or no batch and no ranks are left, the cause is noise.
  var limit: RankLimit? {
    fewest(within: Self.notable).map { best in
      RankLimit {
        ($0.ranks, $0.seconds, $0.batch) = (best.ranks, best.seconds, best.batch)
        ($0.steps, $0.ceremonyShare) = (Int(best.steps.rounded(.up)), best.step.ceremony)
        $0.noiseShare = fewestSteps / best.steps
        // A step of the same ceremony and one name on each rank, as few times as any batch allows.
        let least =
          $0.noiseShare * ($0.ceremonyShare + (1 - $0.ceremonyShare) * Double(best.ranks) / Double(best.batch))
        let isLast = best.batch == trainingNames || best.ranks == all.last?.ranks
        $0.cause = isLast || least > 1 - Self.worthwhile ? "noise" : "ceremony"
      }
    }
  }
}

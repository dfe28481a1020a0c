import Values

/// Where a step's time goes, along the rank that the others wait for: parts whose sum is the ranks' mean step, and
/// none of which is below nothing; in µs.
struct StepParts {
  let selection, passes, wait, synchronisation, update: Double

  /// Of the mean step: a rank that draws batches for others has long and short steps in turns, of which no single one is
  /// typical. Steps that are twice as long as the median lost a core, and count as little as in a median.
  ///
  /// - Parameter logs: one for each rank, of the same steps, with a barrier before the exchange.
  init(_ logs: [PhaseLog]) {
    let all = (0..<(logs.first?.count ?? 0)).map { step in logs.map { RankTimes($0, step) } }
    let longest = 2 * Sample(all.map { $0.map(\.total).mean }).median
    let steps = all.filter { $0.map(\.total).mean <= longest }
    func typical(_ part: ([RankTimes]) -> Double) -> Double { steps.map(part).mean }
    func mean(_ ranks: [RankTimes], _ value: (RankTimes) -> Double) -> Double { ranks.map(value).mean }
    func most(_ ranks: [RankTimes], _ value: (RankTimes) -> Double) -> Double { ranks.map(value).max() ?? 0 }
    selection = typical { mean($0, \.selection) }
    passes = typical { ranks in most(ranks, \.arrival) - mean(ranks, \.selection) }
    wait = max(0, typical { ranks in mean(ranks) { $0.arrival + $0.wait } - most(ranks, \.arrival) })
    update = typical { most($0, \.update) }
    let exchange = typical { ranks in mean(ranks) { $0.synchronisation + $0.update } - most(ranks, \.update) }
    // Ranks that update alike may leave the exchange one after the other.
    synchronisation = max(0, exchange)
  }

  /// One rank's times in one step.
  private struct RankTimes {
    let selection, arrival, wait, synchronisation, update: Double

    var total: Double { arrival + wait + synchronisation + update }

    init(_ log: PhaseLog, _ step: Int) {
      selection = log[.selection][step]
      // When it comes to the exchange.
      arrival = selection + log.passes[step]
      (wait, synchronisation, update) = (log[.wait][step], log[.synchronisation][step], log[.adam][step])
    }
  }
}

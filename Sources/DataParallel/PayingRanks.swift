import GPT
import Values

/// How many ranks of a host pay for a run: with more a step takes as long, for names are not cut.
///
/// What a step takes on N ranks is worked out from some of the run's batches, as
///
///     cost of the fullest shard · time per multiply-add + P/N · time per parameter
///     + 4 P (N − 1)/N bytes that others wrote + two barriers
///
/// Times are those of a core of today: they decide where waiting outweighs, and little else.
public struct PayingRanks: Sendable, Equatable {
  /// The fewest ranks that are as fast, to a tenth, as the best number of ranks up to `most`.
  public let count: Int
  /// N, of the job.
  public let most: Int
  /// B
  public let batch: Int

  /// Of a reproducible run that has fewer than names and ranks.
  public let microShards: Int?
  /// A batch, this one doubled some times, for which nearly all ranks pay; where micro-shards are too few, this one.
  public let enoughBatch: Int

  /// Whether so many fewer are as fast that it should be said.
  public var shouldBeFewer: Bool { Self.shouldBeFewer(count, of: most) }

  /// In µs: a multiply-add forward and what it entails backward; an update of one parameter; a byte that another core wrote;
  /// a stage of a barrier.
  private static let (multiplyAdd, update, byte, stage) = (6e-5, 4e-4, 1e-4, 0.1)
  /// So much slower is as fast.
  private static let tolerance = 1.1
  /// Names of a rank from which on there is nothing to be asked: all ranks have enough to do.
  private static let plenty = 16

  /// - Parameters:
  ///   - names: the training names.
  ///   - most: at least 1.
  public init(_ settings: Settings, names: NameTable, most: Int) {
    (self.most, batch) = (most, settings.batch)
    let tree = settings.summationTree
    microShards = tree.flatMap { $0.leaves < min(settings.batch, most) ? $0.leaves : nil }
    let count = Self.count(settings, names: names, most: most)
    self.count = count
    var (larger, paying) = (settings, count)
    while Self.shouldBeFewer(paying, of: most), microShards == nil, larger.batch < Self.plenty * most {
      larger.batch *= 2
      paying = Self.count(larger, names: names, most: most)
    }
    enoughBatch = larger.batch
  }

  private static func count(_ settings: Settings, names: NameTable, most: Int) -> Int {
    guard most > 1, settings.summationTree != nil || settings.batch < plenty * most else { return most }
    // Names are not cut: more ranks than names have nothing to do.
    let candidates = candidates(upTo: min(most, settings.batch))
    let times = candidates.map { ranks in
      time(cost: cost(settings, names: names, ranks: ranks), ranks: ranks, settings.shape)
    }
    let best = times.min() ?? 0
    return zip(candidates, times).first { $0.1 <= tolerance * best }?.0 ?? most
  }

  private static func shouldBeFewer(_ count: Int, of most: Int) -> Bool { 4 * count <= 3 * most }

  /// What to say of a job that has more ranks than pay; nil of another.
  public var advice: String? {
    guard shouldBeFewer else { return nil }
    let fewer = "\(count) would be as fast"
    if let microShards {
      return "\(most) ranks for \(plural(microShards, "micro-shard")): \(fewer); --micro-shards says how many there are"
    }
    return "\(most) ranks for \(plural(batch, "name")): \(fewer); a batch of \(enoughBatch) has work for all"
  }

  /// 1, 2, 3, 4, 6, 8, 12, 16, 24, …, `most`
  static func candidates(upTo most: Int) -> [Int] {
    var numbers: [Int] = []
    var power = 1
    while power <= most {
      numbers += power == 1 ? [1] : [power, power * 3 / 2]
      power *= 2
    }
    return Set(numbers.filter { $0 <= most } + [most]).sorted()
  }

  /// In µs.
  private static func time(cost: Double, ranks: Int, _ shape: Shape) -> Double {
    var stages = 0
    while 1 << stages < ranks { stages += 1 }
    let (P, N) = (Double(shape.parameterCount), Double(ranks))
    return multiplyAdd * cost + update * P / N + byte * 4 * P * (N - 1) / N + 2 * stage * Double(stages)
  }

  /// Of the fullest shard, by `PassCost`: a mean over some of the run's last and largest batches.
  private static func cost(_ settings: Settings, names: NameTable, ranks: Int) -> Double {
    let size = settings.batch
    let batches = SortedBatches(seed: settings.seed, names: names, batch: size)
    // Of one rank, the shard has pairs in common as well.
    let cuts = ShardCuts(shape: settings.shape, engine: settings.engine, names: size, ranks: max(ranks, 2))
    let steps = max(1, min(mostBatches, mostNames / size))
    var sum = 0
    for step in 0..<steps {
      cuts.count(batches.names(of: step))
      if ranks > 1 { cuts.balance() }
      let tree = settings.summationTree
      sum += (0..<ranks).reduce(0) { largest, rank in
        let own = tree.map { tree in
          tree.leaves(rank: rank, ranks: ranks).reduce(0) { $0 + cuts.cost(tree.names(of: $1)) }
        }
        return max(largest, own ?? cuts.cost(ranks == 1 ? 0..<size : cuts[rank]))
      }
    }
    return Double(sum) / Double(steps)
  }

  /// Batches that are looked at, and names of all of them.
  private static let (mostBatches, mostNames) = (4, 4096)
}

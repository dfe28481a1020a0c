import GPT
import TestSupport
import Testing

@testable import DataParallel

@Suite("shards balanced by cost")
struct ShardCutsTests {
  private let shape: Shape

  init() throws { shape = try Shape(dModel: 16, heads: 4) }

  /// Sorted names of few letters, so that many prefixes are shared.
  private func batch(_ count: Int, seed: UInt64) -> [Name] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in
      let letters = random.letters(length: 1...12, alphabet: 4)
      return letters.withUnsafeBufferPointer { Name(letters: $0) }
    }.sorted()
  }

  private func options(sharing: Bool, padding: Bool = false) -> EngineOptions {
    var options = EngineOptions(kind: .simd)
    (options.sharesPrefixes, options.skipsPadding) = (sharing, !padding)
    return options
  }

  /// The batch, counted and cut.
  private func cut(_ names: [Name], ranks: Int, engine: EngineOptions) -> ShardCuts {
    let cuts = ShardCuts(shape: shape, engine: engine, names: names.count, ranks: ranks)
    cuts.count(names)
    cuts.balance()
    return cuts
  }

  @Test("cover every slot once, in the order of the ranks, and fit the engines")
  func cover() {
    for count in [1, 2, 3, 7, 16, 33, 200] {
      for ranks in [1, 2, 3, 5, 8, 16, 40] {
        let capacity = ShardCuts.capacity(names: count, ranks: ranks)
        for engine in [options(sharing: true), options(sharing: false), EngineOptions(kind: .scalar)] {
          let cuts = cut(batch(count, seed: UInt64(count)), ranks: ranks, engine: engine)
          let shards = (0..<ranks).map { cuts[$0] }
          #expect(shards.flatMap { Array($0) } == Array(0..<count), "B = \(count), N = \(ranks)")
          #expect(shards.allSatisfy { $0.count <= capacity }, "B = \(count), N = \(ranks)")
        }
      }
    }
  }

  @Test("a name written many times fits one tree, and still no engine gets more than it has room for")
  func duplicates() {
    let names = Array(repeating: batch(1, seed: 1)[0], count: 100)
    let cuts = cut(names, ranks: 4, engine: options(sharing: true))
    let shards = (0..<4).map { cuts[$0] }
    #expect(shards.flatMap { Array($0) } == Array(0..<100))
    #expect(shards.allSatisfy { $0.count <= cuts.capacity })
  }

  @Test(
    "rows and cost are those of what engines compute",
    arguments: [(true, false), (false, false), (false, true), (true, true)])
  func workOfEngines(sharing: Bool, padding: Bool) throws {
    let (names, cost) = (batch(60, seed: 3), PassCost(shape))
    let engine = options(sharing: sharing, padding: padding)
    let cuts = cut(names, ranks: 2, engine: engine)
    let model = engine.make(shape: shape, names: names.count)
    let parameters = [Float](repeating: 0.01, count: shape.parameterCount)
    model.parametersChanged(parameters)
    for shard in [0..<60, 0..<1, 3..<11, 19..<50, 59..<60, 5..<5] {
      _ = Array(names[shard]).withUnsafeBufferPointer { model.forward($0, parameters: parameters, scale: 1) }
      let work = model.work
      #expect(cuts.rows(shard) == work.rows, "\(shard)")
      // Operations are those of products, six for each multiply-add forward, and of attention.
      let (C, V) = (shape.dModel, Shape.vocabulary)
      let products = work.pairs * 3 * C * C + work.rows * (C * C + 2 * C * shape.feedForward + C * V)
      let attended = (Int(work.flops) - 6 * products) / (12 * C)
      #expect(
        cuts.cost(shard) == cost.row * work.rows + cost.pair * work.pairs + cost.attended * attended, "\(shard)")
    }
  }

  @Test("counted in parts as at once")
  func parts() {
    let names = batch(40, seed: 5)
    let whole = cut(names, ranks: 3, engine: options(sharing: true))
    let other = ShardCuts(shape: shape, engine: options(sharing: true), names: 40, ranks: 3)
    // Twice: what is left of one batch is not the next one's.
    for seed in [9, 5] as [UInt64] {
      let names = batch(40, seed: seed)
      for slots in [0..<7, 7..<8, 8..<40] { other.count(slots, of: names) }
      other.balance()
    }
    #expect((0..<3).map { other[$0] } == (0..<3).map { whole[$0] })
    #expect((0..<3).map { other.cost(other[$0]) } == (0..<3).map { whole.cost(whole[$0]) })
  }

  @Test("no other cut costs the fullest rank less, but for what the search leaves")
  func optimal() {
    for seed in 0..<20 {
      let names = batch(9, seed: UInt64(seed))
      let cuts = cut(names, ranks: 3, engine: options(sharing: true))
      var best = Int.max
      for first in 0...9 {
        for second in first...9 {
          let shards = [0..<first, first..<second, second..<9]
          guard shards.allSatisfy({ $0.count <= cuts.capacity }) else { continue }
          best = min(best, shards.map { cuts.cost($0) }.max() ?? 0)
        }
      }
      let largest = (0..<3).map { cuts.cost(cuts[$0]) }.max() ?? 0
      #expect(largest >= best && Double(largest) <= 1.004 * Double(best), "seed \(seed)")
      let rows = cuts.rows()
      #expect(rows.sum == (0..<3).map { cuts.rows(cuts[$0]) }.reduce(0, +))
      #expect(rows.whole == cuts.rows(0..<9) && rows.whole <= rows.sum)
    }
  }

  @Test(
    "64 ranks of a batch of 1,024 have little more to do than the mean, on average over steps", arguments: [16, 64])
  func balance(width: Int) throws {
    let (names, shape) = (try packageNames(), try Shape(dModel: width, heads: 4))
    let sampler = BatchSampler(seed: 1, names: names.count, batch: 1024)
    let cuts = ShardCuts(shape: shape, engine: options(sharing: true), names: 1024, ranks: 64)
    var indices = [UInt32](repeating: 0, count: 1024)
    var ratios = 0.0
    for step in 0..<30 {
      indices.withUnsafeMutableBufferPointer { sampler.sortedBatch(step: step, into: $0) }
      cuts.count(indices.map { names.names[Int($0)] })
      cuts.balance()
      let costs = (0..<64).map { Double(cuts.cost(cuts[$0])) }
      ratios += (costs.max() ?? 0) * 64 / costs.reduce(0, +)
    }
    #expect(ratios / 30 <= 1.045)
  }

  @Test("what splitting costs, and how even it is")
  func ratios() {
    let rows = RowCounts(whole: 100, sum: 110, largest: 60)
    #expect(rows.workInflation == 1.1)
    #expect(rows.loadBalance(ranks: 2) == 110.0 / 120)
    #expect(RowCounts().loadBalance(ranks: 3) == 0 && RowCounts().workInflation == 0)
  }
}

import DataParallel
import GPT
import TestSupport
import Testing

@Suite("shards balanced by rows")
struct ShardCutsTests {
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

  /// The shards of a batch.
  private func cut(_ names: [Name], ranks: Int, engine: EngineOptions) -> [Range<Int>] {
    let cuts = ShardCuts(names: names.count, ranks: ranks)
    cuts.count(names, engine: engine)
    cuts.balance()
    return (0..<ranks).map { cuts[$0] }
  }

  @Test("cover every slot once, in the order of the ranks, and fit the engines")
  func cover() {
    for count in [1, 2, 3, 7, 16, 33, 200] {
      for ranks in [1, 2, 3, 5, 8, 16, 40] {
        let capacity = ShardCuts(names: count, ranks: ranks).capacity
        for engine in [options(sharing: true), options(sharing: false), EngineOptions(kind: .scalar)] {
          let shards = cut(batch(count, seed: UInt64(count)), ranks: ranks, engine: engine)
          #expect(shards.flatMap { Array($0) } == Array(0..<count), "B = \(count), N = \(ranks)")
          #expect(shards.allSatisfy { $0.count <= capacity }, "B = \(count), N = \(ranks)")
        }
      }
    }
  }

  @Test("a name written many times fits one tree, and still no engine gets more than it has room for")
  func duplicates() {
    let names = Array(repeating: batch(1, seed: 1)[0], count: 100)
    let shards = cut(names, ranks: 4, engine: options(sharing: true))
    #expect(shards.flatMap { Array($0) } == Array(0..<100))
    #expect(shards.allSatisfy { $0.count <= ShardCuts(names: 100, ranks: 4).capacity })
  }

  @Test("rows are those that engines compute", arguments: [(true, false), (false, false), (false, true), (true, true)])
  func rowsOfEngines(sharing: Bool, padding: Bool) throws {
    let (names, shape) = (batch(20, seed: 3), try Shape(dModel: 16, heads: 4))
    let engine = options(sharing: sharing, padding: padding)
    let cuts = ShardCuts(names: names.count, ranks: 2)
    cuts.count(names, engine: engine)
    let model = engine.make(shape: shape, names: names.count)
    let parameters = [Float](repeating: 0.01, count: shape.parameterCount)
    model.parametersChanged(parameters)
    for shard in [0..<20, 0..<1, 3..<11, 19..<20, 5..<5] {
      _ = Array(names[shard]).withUnsafeBufferPointer { model.forward($0, parameters: parameters, scale: 1) }
      #expect(cuts.rows(shard) == model.work.rows, "\(shard)")
    }
  }

  @Test("no other cut gives the fullest rank fewer rows")
  func optimal() {
    for seed in 0..<20 {
      let names = batch(9, seed: UInt64(seed))
      let cuts = ShardCuts(names: 9, ranks: 3)
      cuts.count(names, engine: options(sharing: true))
      cuts.balance()
      var best = Int.max
      for first in 0...9 {
        for second in first...9 {
          let shards = [0..<first, first..<second, second..<9]
          guard shards.allSatisfy({ $0.count <= cuts.capacity }) else { continue }
          best = min(best, shards.map { cuts.rows($0) }.max() ?? 0)
        }
      }
      let rows = cuts.rows()
      #expect(rows.largest == best, "seed \(seed)")
      #expect(rows.sum == (0..<3).map { cuts.rows(cuts[$0]) }.reduce(0, +))
      #expect(rows.whole == cuts.rows(0..<9) && rows.whole <= rows.sum)
    }
  }

  @Test("what splitting costs, and how even it is")
  func ratios() {
    let rows = RowCounts(whole: 100, sum: 110, largest: 60)
    #expect(rows.workInflation == 1.1)
    #expect(rows.loadBalance(ranks: 2) == 110.0 / 120)
    #expect(RowCounts().loadBalance(ranks: 3) == 0 && RowCounts().workInflation == 0)
  }
}

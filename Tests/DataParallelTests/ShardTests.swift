import DataParallel
import Testing
import Values

@Suite("shards of a batch")
struct ShardTests {
  private static let batches = 0...40
  private static let worlds = 1...50

  @Test("cover every slot once, in the order of the ranks")
  func cover() {
    for batch in Self.batches {
      for ranks in Self.worlds {
        let slots = (0..<ranks).flatMap { Array(shard(batch: batch, rank: $0, ranks: ranks)) }
        #expect(slots == Array(0..<batch), "B = \(batch), N = \(ranks)")
      }
    }
  }

  @Test("sizes differ by at most one, and no rank has less than a later one")
  func balance() {
    for batch in Self.batches {
      for ranks in Self.worlds {
        let sizes = (0..<ranks).map { shard(batch: batch, rank: $0, ranks: ranks).count }
        #expect(sizes == sizes.sorted(by: >), "B = \(batch), N = \(ranks): \(sizes)")
        #expect((sizes.first ?? 0) - (sizes.last ?? 0) <= 1, "B = \(batch), N = \(ranks): \(sizes)")
      }
    }
  }

  @Test("more ranks than names leave the last ones empty")
  func moreRanksThanNames() {
    #expect((0..<5).map { shard(batch: 3, rank: $0, ranks: 5).count } == [1, 1, 1, 0, 0])
  }

  @Test("the largest batch on many ranks does not overflow")
  func largest() {
    let last = shard(batch: Ranges.batch.range.upperBound, rank: 999, ranks: 1000)
    #expect(last.upperBound == Ranges.batch.range.upperBound)
    #expect(last.count == Ranges.batch.range.upperBound / 1000)
  }
}

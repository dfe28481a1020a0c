import GPT

/// What the ranks compute in steps, in rows: positions, each distinct prefix of a shard once.
public struct RowCounts: Sendable, Equatable, BitwiseCopyable {
  public init(whole: Int = 0, sum: Int = 0, largest: Int = 0) {
    (self.whole, self.sum, self.largest) = (whole, sum, largest)
  }

  /// Of one rank that had the whole batch.
  public var whole = 0
  /// Of all ranks together, and of the one with the most.
  public var sum = 0
  public var largest = 0

  public static func + (left: RowCounts, right: RowCounts) -> RowCounts {
    RowCounts(whole: left.whole + right.whole, sum: left.sum + right.sum, largest: left.largest + right.largest)
  }

  /// Rows of all ranks over those of one: what splitting loses in shared prefixes. At least 1.
  public var workInflation: Double { Double(sum) / Double(max(whole, 1)) }

  /// Mean rows of a rank over those of the one with the most. At most 1.
  public func loadBalance(ranks: Int) -> Double { Double(sum) / max(Double(largest) * Double(ranks), 1) }
}

/// Cuts a step's sorted batch into contiguous shards, so that the rank with the most rows has as few as possible.
///
/// Contiguous, because names that begin alike then stay together and share their rows. A cut costs the prefix that
/// the names on its two sides have in common: its rows are computed twice. Every rank works out the same cuts from
/// the batch, without communication, in O(B log rows).
public final class ShardCuts {
  private let names: Int
  private let ranks: Int
  /// The most names of a shard: what engines are made for.
  public let capacity: Int
  /// (B + 1): rows of the names up to here in one tree; (B): rows of a name that begins a shard.
  private let upTo: AlignedBuffer<Int32>
  private let alone: AlignedBuffer<Int32>
  /// (N + 1)
  private let cuts: AlignedBuffer<Int>

  /// - Parameters:
  ///   - names: B.
  ///   - ranks: N.
  public init(names: Int, ranks: Int) {
    self.names = names
    self.ranks = ranks
    capacity = Self.capacity(names: names, ranks: ranks)
    upTo = AlignedBuffer(zeros: names + 1)
    alone = AlignedBuffer(zeros: names)
    cuts = AlignedBuffer(zeros: ranks + 1)
    cuts[ranks] = names
  }

  /// Balanced shards differ in names by far less than this; without a bound each engine had room for them all.
  static func capacity(names: Int, ranks: Int) -> Int { min(names, 2 * ((names + ranks - 1) / ranks)) }

  /// The slots of the batch that a rank has.
  public subscript(rank: Int) -> Range<Int> { cuts[rank]..<cuts[rank + 1] }

  /// Takes a step's sorted names.
  public func count(_ batch: UnsafePointer<Name>, engine: EngineOptions) {
    upTo[0] = 0
    for slot in 0..<names {
      let previous = slot > 0 ? batch[slot - 1] : nil
      upTo[slot + 1] =
        upTo[slot] + Int32(truncatingIfNeeded: engine.rows(of: batch[slot], behind: previous))
      alone[slot] = Int32(truncatingIfNeeded: engine.rows(of: batch[slot], behind: nil))
    }
  }

  /// Rows of a shard.
  public func rows(_ shard: Range<Int>) -> Int {
    shard.isEmpty ? 0 : Int(alone[shard.lowerBound] + upTo[shard.upperBound] - upTo[shard.lowerBound + 1])
  }

  /// Cuts what was counted: the least bound on rows that N shards can keep, each filled to it in turn.
  public func balance() {
    guard ranks > 1 else { return }
    var least = max((rows(0..<names) + ranks - 1) / ranks, 1)
    var enough = rows(0..<names)
    while least < enough {
      let middle = (least + enough) / 2
      if fill(middle) { enough = middle } else { least = middle + 1 }
    }
    _ = fill(enough)
  }

  /// Rows of the present cuts.
  public func rows() -> RowCounts {
    var result = RowCounts(whole: rows(0..<names))
    for rank in 0..<ranks {
      let own = rows(self[rank])
      result.sum += own
      result.largest = max(result.largest, own)
    }
    return result
  }

  /// Fills one shard after the other with as many names as fit.
  ///
  /// - Returns: whether the names fitted N shards of at most `bound` rows.
  private func fill(_ bound: Int) -> Bool {
    var slot = 0
    for rank in 0..<ranks {
      cuts[rank] = slot
      let first = slot
      while slot < names, slot - first < capacity, rows(first..<slot + 1) <= bound { slot += 1 }
    }
    return slot == names
  }
}

/// Which names of a sorted global batch a rank computes.
///
/// Contiguous pieces, so that names that begin alike stay on one rank; sizes differ by at most one. With more
/// ranks than names some ranks get none.
///
/// - Parameters:
///   - batch: B.
///   - rank: 0..<ranks.
/// - Returns: slots of the sorted batch; together the ranks' ranges cover 0..<B once.
public func shard(batch: Int, rank: Int, ranks: Int) -> Range<Int> {
  let (size, larger) = batch.quotientAndRemainder(dividingBy: ranks)
  let start = rank * size + min(rank, larger)
  return start..<start + size + (rank < larger ? 1 : 0)
}

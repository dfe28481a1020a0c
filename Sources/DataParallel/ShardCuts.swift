import CSIMD
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

/// Cuts a step's sorted batch into contiguous shards, so that the rank with the most to do has as little as possible.
///
/// Contiguous, because names that begin alike then stay together and share their rows. A cut costs the prefix that
/// the names on its two sides have in common, whose rows are computed twice, and every (token, position) pair that
/// occurs on both. The same cuts come of the same batch on every rank and machine, in O(B).
public final class ShardCuts {
  private let names: Int
  private let ranks: Int
  private let engine: EngineOptions
  private let cost: PassCost
  /// Whether a shard computes each of its pairs once, and there are cuts to be found.
  private let sharesPairs: Bool
  /// The most names of a shard: what engines are made for.
  public let capacity: Int
  /// (B + 1): of the names up to here in one tree; (B): of a name that begins a shard. Costs are without shared pairs.
  private let rowsUpTo, rowsAlone: AlignedBuffer<Int32>
  private let costUpTo, costAlone: AlignedBuffer<Int>
  /// (B, 16): how many slots before the pair of a name's row was last; 0 after its end.
  private let slotsSince: AlignedBuffer<UInt16>
  /// (16 · 27): the last slot with a pair, but for those of the name that was counted last: (16).
  private let lastSlot: AlignedBuffer<Int32>
  private let openPairs: AlignedBuffer<Int32>
  /// (N + 1)
  private let cuts: AlignedBuffer<Int>

  /// Farther back than any slot.
  private static let never = -Int32(UInt16.max)
  /// The bound on a shard's cost is found to this part of it.
  private static let resolution = 256

  /// - Parameters:
  ///   - names: B.
  ///   - ranks: N.
  public init(shape: Shape, engine: EngineOptions, names: Int, ranks: Int) {
    self.names = names
    self.ranks = ranks
    self.engine = engine
    cost = PassCost(shape)
    sharesPairs = ranks > 1 && engine.sharesPrefixes && engine.kind != .scalar
    capacity = Self.capacity(names: names, ranks: ranks)
    rowsUpTo = AlignedBuffer(zeros: names + 1)
    rowsAlone = AlignedBuffer(zeros: names)
    costUpTo = AlignedBuffer(zeros: ranks > 1 ? names + 1 : 0)
    costAlone = AlignedBuffer(zeros: ranks > 1 ? names : 0)
    slotsSince = AlignedBuffer(zeros: sharesPairs ? names * Shape.context : 0)
    lastSlot = AlignedBuffer(zeros: sharesPairs ? Shape.context * Shape.vocabulary : 0)
    openPairs = AlignedBuffer(zeros: Shape.context)
    cuts = AlignedBuffer(zeros: ranks + 1)
    cuts[ranks] = names
  }

  /// Balanced shards differ in names by far less than this; without a bound each engine had room for them all.
  static func capacity(names: Int, ranks: Int) -> Int { min(names, 2 * ((names + ranks - 1) / ranks)) }

  /// The slots of the batch that a rank has.
  public subscript(rank: Int) -> Range<Int> { cuts[rank]..<cuts[rank + 1] }

  /// Takes a step's sorted names.
  public func count(_ batch: UnsafePointer<Name>) { count(0..<names, of: batch) }

  /// Takes some of a step's sorted names, after those before.
  public func count(_ slots: Range<Int>, of batch: UnsafePointer<Name>) {
    if slots.lowerBound == 0, sharesPairs { lastSlot.pointer.update(repeating: Self.never, count: lastSlot.count) }
    for slot in slots {
      let name = batch[slot]
      let rows = engine.rows(of: name, behind: nil)
      let own = slot > 0 ? engine.rows(of: name, behind: batch[slot - 1]) : rows
      rowsAlone[slot] = Int32(truncatingIfNeeded: rows)
      rowsUpTo[slot + 1] = rowsUpTo[slot] + Int32(truncatingIfNeeded: own)
      guard ranks > 1 else { continue }
      costAlone[slot] = cost(ofRows: 0..<rows)
      costUpTo[slot + 1] = costUpTo[slot] + cost(ofRows: rows - own..<rows)
      if sharesPairs { findPairs(of: name, rows: rows, own: own, slot) }
    }
  }

  /// Of a name's rows at these positions, without pairs that they may share.
  private func cost(ofRows positions: Range<Int>) -> Int {
    let (from, to) = (positions.lowerBound, positions.upperBound)
    let attended = (to * (to + 1) - from * (from + 1)) / 2
    return (cost.row + (sharesPairs ? 0 : cost.pair)) * (to - from) + cost.attended * attended
  }

  /// - Parameter own: rows that the name before does not have.
  private func findPairs(of name: Name, rows: Int, own: Int, _ slot: Int) {
    let (since, last, open) = (slotsSince.pointer + slot * Shape.context, lastSlot.pointer, openPairs.pointer)
    since.update(repeating: 1, count: Shape.context)
    let previous = slot > 0 ? Int(rowsAlone[slot - 1]) : 0
    for position in stride(from: rows &- own, to: previous, by: 1) {
      last[Int(open[position])] = Int32(truncatingIfNeeded: slot &- 1)
    }
    for position in rows &- own..<rows {
      let pair = position &* Shape.vocabulary &+ name.input(position)
      since[position] = Self.distance(slot &- Int(last[pair]))
      open[position] = Int32(truncatingIfNeeded: pair)
    }
    (since + rows).update(repeating: 0, count: Shape.context - rows)
  }

  @inline(__always)
  private static func distance(_ slots: Int) -> UInt16 { UInt16(truncatingIfNeeded: min(slots, Int(UInt16.max))) }

  /// Of a name, the pairs that no name has from `first` on up to it.
  @inline(__always)
  private func newPairs(_ slot: Int, first: Int) -> Int {
    Int(csimd_count_above(slotsSince.pointer + slot &* Shape.context, Self.distance(slot &- first)))
  }

  /// Of a name in a shard that begins at `first`.
  @inline(__always)
  private func cost(of slot: Int, first: Int) -> Int {
    let rows = slot == first ? costAlone[slot] : costUpTo[slot &+ 1] &- costUpTo[slot]
    return sharesPairs ? rows &+ cost.pair &* newPairs(slot, first: first) : rows
  }

  /// Of a shard, by `PassCost`.
  public func cost(_ shard: Range<Int>) -> Int { shard.reduce(0) { $0 + cost(of: $1, first: shard.lowerBound) } }

  /// Rows of a shard.
  public func rows(_ shard: Range<Int>) -> Int {
    guard let first = shard.first else { return 0 }
    return Int(rowsAlone[first] + rowsUpTo[shard.upperBound] - rowsUpTo[first + 1])
  }

  /// Cuts what was counted: nearly the least bound on their cost that N shards can keep, each filled to it in turn.
  public func balance() {
    guard ranks > 1 else { return }
    // Shards of as many names each cost about as much in all.
    let mean = max((0..<ranks).reduce(0) { $0 + cost(shard(batch: names, rank: $1, ranks: ranks)) } / ranks, 1)
    // The least bound is in least...enough. Until both are known the search goes on in growing strides.
    var (least, enough) = (1, Int.max)
    var stride = max(mean / 16, 1)
    var bound = mean
    while true {
      let filled = fill(bound)
      if filled.fits { enough = filled.largest } else { least = filled.next }
      if enough - least <= mean / Self.resolution {
        if !filled.fits { _ = fill(enough) }
        return
      }
      if enough < Int.max, least > 1 {
        bound = least + (enough - least) / 2
      } else {
        bound = filled.fits ? max(enough - stride, 1) : max(bound + stride, least)
        stride *= 2
      }
    }
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
  /// - Returns: whether the names fitted N shards that cost at most `bound`, what the largest costs, and the least bound
  ///   with which a shard would have had another name.
  private func fill(_ bound: Int) -> (fits: Bool, largest: Int, next: Int) {
    var slot = 0
    var (largest, next) = (0, Int.max)
    for rank in 0..<ranks {
      cuts[rank] = slot
      let first = slot
      let end = min(names, first + capacity)
      var filled = 0
      while slot < end {
        let more = filled &+ cost(of: slot, first: first)
        guard more <= bound else {
          next = min(next, more)
          break
        }
        filled = more
        slot += 1
      }
      largest = max(largest, filled)
    }
    return (slot == names, largest, next)
  }
}

/// What forward and backward pass cost, in whole numbers: every rank of every machine cuts a batch alike.
///
/// Cost = row · rows + pair · pairs + attended · keys seen by all rows. One is a multiply-add of a matrix product, forward.
/// What goes with a row besides its products was measured at C = 16 … 512: within 2 % of the time there.
struct PassCost: Sendable, Equatable {
  let row, pair, attended: Int

  init(_ shape: Shape) {
    let (C, F, V) = (shape.dModel, shape.feedForward, Shape.vocabulary)
    row = C * C + 2 * C * F + V * C + 1300
    pair = 3 * C * C
    attended = 6 * C
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

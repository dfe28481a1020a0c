import GPT
import MPI

/// Adds a slice's gradients up over several hosts in the order of a reproducible run's tree.
///
/// The owner adds up what its host has alone, gathers the other hosts' results from the owners of the same slice, and
/// adds up the rest. Nothing is left to MPI but to carry: a host's results are up to four slices where an all-reduce
/// would send about two.
final class TreeExchange {
  private let slice: Range<Int>
  private let peers: Communicator
  /// One for each of the largest tree nodes that this host has alone.
  private let local: [TreeSum]
  private let counts: RankCounts
  /// Each host's results and its tail, host after host.
  private let message: AlignedBuffer<Float>
  private let all: TreeSum

  /// Collective over `peers`.
  ///
  /// - Parameters:
  ///   - gradients: (P) each: of this host's ranks.
  ///   - ranges: which tree nodes they are.
  ///   - peers: the slice's owners, one per host.
  init(
    _ tree: SummationTree, gradients: [UnsafePointer<Float>], ranges: [Range<Int>], slice: Range<Int>,
    parameterCount: Int, peers: Communicator
  ) throws {
    self.slice = slice
    self.peers = peers
    var own = [UInt64](repeating: 0, count: (tree.leaves + 63) / 64)
    for leaf in ranges.joined() { own[leaf / 64] |= 1 << UInt64(leaf % 64) }
    let all = try peers.allGather(own)
    let treeNodes = (0..<peers.size).map { host in
      tree.nodes { all[host * own.count + $0 / 64] >> UInt64($0 % 64) & 1 == 1 }
    }
    local = treeNodes[peers.rank].map {
      TreeSum(tree, root: $0, nodes: gradients, ranges: ranges, parameterCount: parameterCount)
    }
    let counts = try RankCounts(treeNodes.map { $0.count * slice.count + StepTail.count })
    let message = AlignedBuffer<Float>(zeros: counts.total)
    var sources: [UnsafePointer<Float>] = []
    for host in treeNodes.indices {
      for index in treeNodes[host].indices {
        let start = counts.range(host).lowerBound + index * slice.count
        sources.append(UnsafePointer(message.pointer) + start - slice.lowerBound)
      }
    }
    self.all = TreeSum(
      tree, root: 0..<tree.leaves, nodes: sources, ranges: treeNodes.flatMap { $0 }, parameterCount: parameterCount)
    self.counts = counts
    self.message = message
  }

  /// - Parameter own: of this host's ranks together.
  /// - Returns: of all.
  func exchange(_ own: StepTotals) throws -> StepTotals {
    var target = message.pointer + counts.range(peers.rank).lowerBound
    for sum in local {
      sum.sum(slice)
      target.update(from: sum.sums + slice.lowerBound, count: slice.count)
      target += slice.count
    }
    StepTail.write(own, to: target)
    try peers.allGatherV(inPlace: message.buffer, counts: counts)
    var totals = StepTotals(lossSum: 0)
    for host in 0..<peers.size {
      let part = StepTail.read(message.pointer + counts.range(host).upperBound - StepTail.count)
      totals.lossSum += part.lossSum
      totals.requests.formUnion(part.requests)
    }
    return totals
  }

  /// After the exchange.
  ///
  /// - Returns: (P), the sum over all ranks, of which the slice is valid.
  func sum() -> UnsafePointer<Float> {
    all.sum(slice)
    return all.sums
  }
}

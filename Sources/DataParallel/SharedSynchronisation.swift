import GPT
import MPI

/// Ranks of one host: every gradient, the parameters and the weights derived from them lie in memory that all ranks
/// read. Nothing is sent.
///
/// A step: barrier; each rank adds its slice up straight from all ranks' gradients, in the order of the ranks, and
/// updates the parameters of that slice by the sum, in one pass; barrier. Losses and requests lie beside the
/// first barrier's flags.
///
/// Cost on N ranks, with a barrier's time b, time β to read a byte another core wrote and Adam's time γ a parameter:
/// 2 b + 4 (N − 1)/N · P · β + P/N · γ. No part grows with N but the barrier; Adam shrinks.
///
/// The sum's order is that of the ranks and does not depend on who arrives when: runs repeat to the bit. In a
/// reproducible run it is that of `SummationTree`, the same for every N.
public final class SharedSynchronisation: GradientSynchronisation {
  private let memory: HostMemory
  /// Of a reproducible run: all ranks' gradients in the order of the tree.
  private let treeSum: TreeSum?
  private var totals = StepTotals(lossSum: 0)

  public var gradients: [UnsafeMutablePointer<Float>] { memory.ownGradients }

  public var replica: Replica? { memory.replica }

  public var sharers: Communicator? { memory.host }

  public var slice: Range<Int> { memory.replica.own }

  public var sliceSpans: [Range<Int>] { memory.replica.ownSpans }

  /// Whether barriers spin on atomics: every rank has a core of its own.
  public var spins: Bool { memory.barrier.spins }

  /// Collective.
  ///
  /// - Parameters:
  ///   - tree: the order of a reproducible run's sums; nil for the order of the ranks.
  ///   - owners: how many ranks, the first ones, update a slice each; nil for all.
  ///   - host: all ranks, on one host. It must outlive this.
  init(layout: ReplicaLayout, tree: SummationTree? = nil, owners: Int? = nil, host: Communicator) throws {
    let treeNodes = tree.map { tree in
      (0..<host.size).map { tree.nodes(in: tree.leaves(rank: $0, ranks: host.size)) }
    }
    let slices = layout.slices(owners ?? host.size, .tiles)
    memory = try HostMemory.make(
      layout: layout, own: host.rank < slices.count ? slices[host.rank] : layout.parameterCount..<layout.parameterCount,
      room: .gradients(treeNodes?.map(\.count)), spins: eachHasACore(on: host), host: host, world: host)
    treeSum =
      if let tree, let treeNodes {
        TreeSum(
          tree, nodes: Array(memory.gradients.buffer), ranges: treeNodes.flatMap { $0 },
          parameterCount: layout.parameterCount)
      } else {
        nil
      }
  }

  public func waitForAll() throws { try memory.barrier.pass() }

  /// The first barrier: afterwards all gradients are there.
  public func exchange(_ own: StepTotals) throws {
    totals = try memory.barrier.pass(with: own)
  }

  /// The gradients' sum and Adam, of this rank's slice.
  public func update(_ slice: AdamSlice, engine: any Engine) {
    if let treeSum {
      for span in memory.replica.ownSpans { treeSum.sum(span) }
      engine.adam(slice, gradient: treeSum.sums)
    } else {
      engine.adam(slice, gradients: Gradients(memory.gradients.buffer))
    }
  }

  /// The second barrier: afterwards all parameters are there.
  public func publish(to engine: any Engine) throws -> StepTotals {
    try memory.barrier.pass()
    return totals
  }

  public func close() throws { try memory.close() }
}

import GPT
import MPI

/// Ranks of one node: every gradient, the parameters and the weights derived from them lie in memory that all ranks
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
  private let memory: NodeMemory
  /// Of a reproducible run: all ranks' gradients in the order of the tree.
  private let treeSum: TreeSum?
  private var totals = StepTotals(lossSum: 0)

  public var gradient: UnsafeMutablePointer<Float> { memory.ownGradient }

  public func gradient(ofNode index: Int) -> UnsafeMutablePointer<Float> {
    memory.ownGradient + index * memory.gradientStride
  }

  public var ranks: Int { memory.node.size }

  public var replica: Replica? { memory.replica }

  public var slice: Range<Int> { memory.replica.own }

  /// Whether barriers spin on atomics: every rank has a core of its own.
  public var spins: Bool { memory.barrier.spins }

  /// Collective.
  ///
  /// - Parameters:
  ///   - tree: the order of a reproducible run's sums; nil for the order of the ranks.
  ///   - node: all ranks, on one node. It must outlive this.
  init(layout: ReplicaLayout, tree: SummationTree? = nil, node: Communicator) throws {
    let nodes = tree.map { tree in (0..<node.size).map { tree.nodes(in: tree.leaves(rank: $0, ranks: node.size)) } }
    memory = try NodeMemory.make(
      layout: layout, own: layout.slices(node.size)[node.rank], gradientCounts: nodes?.map(\.count), node: node,
      world: node)
    treeSum =
      if let tree, let nodes {
        TreeSum(
          tree, nodes: Array(memory.gradients.buffer), ranges: nodes.flatMap { $0 },
          parameterCount: layout.parameterCount)
      } else {
        nil
      }
  }

  public func waitForAll() throws { try memory.barrier.pass() }

  /// The first barrier: afterwards all gradients are there.
  public func exchange(_ own: StepTotals) throws {
    memory.barrier.leave(.lossSum, own.lossSum)
    memory.barrier.leave(.requests, own.requests.number)
    try memory.barrier.pass()
    totals = memory.barrier.totals
  }

  /// The gradients' sum and Adam, of this rank's slice.
  public func update(_ state: ModelState, engine: any Engine, learningRate: Double, update: Int) {
    guard let own = replica?.own, !own.isEmpty else { return }
    if let treeSum {
      engine.adam(
        range: own, learningRate: learningRate, update: update, gradient: treeSum.sum(own),
        parameters: state.parameters.pointer, first: state.first.pointer, second: state.second.pointer)
      return
    }
    engine.adam(
      range: own, learningRate: learningRate, update: update,
      gradients: UnsafeBufferPointer(memory.gradients.buffer), parameters: state.parameters.pointer,
      first: state.first.pointer, second: state.second.pointer)
  }

  /// The second barrier: afterwards all parameters are there.
  public func publish(_ state: ModelState, engine: any Engine) throws -> StepTotals {
    try memory.barrier.pass()
    return totals
  }

  public func close() throws { try memory.close() }
}

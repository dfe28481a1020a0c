import GPT
import Kernels

/// The passes of a reproducible step on one rank: each of its micro-shards on its own, added up as far as the tree
/// allows without other ranks.
final class MicroShardPass {
  private let tree: SummationTree
  /// The rank's largest nodes of the tree: what is to be handed on.
  let nodes: [Range<Int>]
  /// Slots of the sorted batch that this rank's micro-shards have.
  let names: Range<Int>
  /// Gradients in between, one a level of the tree; (P) each.
  private let waiting: AlignedBuffer<Float>
  private let stride: Int
  private let parameterCount: Int

  init(_ tree: SummationTree, rank: Int, ranks: Int, parameterCount: Int) {
    self.tree = tree
    self.parameterCount = parameterCount
    let leaves = tree.leaves(rank: rank, ranks: ranks)
    nodes = tree.nodes(in: leaves)
    names =
      leaves.isEmpty
      ? 0..<0 : tree.names(of: leaves.lowerBound).lowerBound..<tree.names(of: leaves.upperBound - 1).upperBound
    stride = (parameterCount + 15) / 16 * 16
    // A node of m micro-shards waits for its right half log₂ m times, one inside the other.
    var levels = 0
    while 1 << levels < (nodes.map(\.count).max() ?? 1) { levels += 1 }
    waiting = AlignedBuffer(zeros: levels * stride)
  }

  /// The most names of one micro-shard.
  var capacity: Int { (0..<tree.leaves).map { tree.names(of: $0).count }.max() ?? 0 }

  /// Runs forward and backward pass of every micro-shard.
  ///
  /// - Parameters:
  ///   - shard: (names.count): this rank's names.
  ///   - gradient: where the gradient of the node with this index goes; (P).
  /// - Returns: the loss sum of all.
  func run(
    _ shard: UnsafeBufferPointer<Name>, engine: any Engine, parameters: UnsafePointer<Float>, scale: Double,
    phases: inout PhaseTimes, clock: inout PhaseClock, gradient: (Int) -> UnsafeMutablePointer<Float>
  ) -> Double {
    var loss = 0.0
    for index in nodes.indices {
      loss += run(
        nodes[index], level: 0, into: gradient(index), shard, engine, parameters, scale, &phases, &clock)
    }
    return loss
  }

  private func run(
    _ node: Range<Int>, level: Int, into gradient: UnsafeMutablePointer<Float>, _ shard: UnsafeBufferPointer<Name>,
    _ engine: any Engine, _ parameters: UnsafePointer<Float>, _ scale: Double, _ phases: inout PhaseTimes,
    _ clock: inout PhaseClock
  ) -> Double {
    if node.count == 1 {
      let own = tree.names(of: node.lowerBound)
      let slots = own.lowerBound - names.lowerBound..<own.upperBound - names.lowerBound
      let loss = engine.forward(UnsafeBufferPointer(rebasing: shard[slots]), parameters: parameters, scale: scale)
      phases.forward += clock.lap(.forward)
      engine.backward(parameters: parameters, gradient: gradient)
      phases.backward += clock.lap(.backward)
      return loss
    }
    let (left, right) = SummationTree.children(of: node)
    let other = waiting.pointer + level * stride
    var loss = run(left, level: level, into: gradient, shard, engine, parameters, scale, &phases, &clock)
    loss += run(right, level: level + 1, into: other, shard, engine, parameters, scale, &phases, &clock)
    add(count: parameterCount, UnsafePointer(gradient), UnsafePointer(other), target: gradient)
    phases.backward += clock.lap(.backward)
    return loss
  }
}

import GPT
import Kernels

/// The passes of a reproducible step on one rank: each of its micro-shards on its own, added up as far as the tree
/// allows without other ranks.
final class MicroShardPass {
  private let tree: SummationTree
  /// The rank's largest nodes of the tree: what is to be handed on.
  let treeNodes: [Range<Int>]
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
    treeNodes = tree.nodes(in: leaves)
    names =
      leaves.isEmpty
      ? 0..<0 : tree.names(of: leaves.lowerBound).lowerBound..<tree.names(of: leaves.upperBound - 1).upperBound
    stride = CacheLine.padded(parameterCount)
    // A tree node of m micro-shards waits for its right half log₂ m times, one inside the other.
    var levels = 0
    while 1 << levels < (treeNodes.map(\.count).max() ?? 1) { levels += 1 }
    waiting = AlignedBuffer(zeros: levels * stride)
  }

  /// The most names of one micro-shard.
  var capacity: Int { (0..<tree.leaves).map { tree.names(of: $0).count }.max() ?? 0 }

  /// Runs forward and backward pass of every micro-shard.
  ///
  /// - Parameters:
  ///   - shard: (names.count): this rank's names.
  ///   - gradients: (P) each: where those of `treeNodes` go.
  /// - Returns: the loss sum of all.
  func run(
    _ shard: UnsafeBufferPointer<Name>, _ pass: ShardPass, gradients: [UnsafeMutablePointer<Float>],
    _ clock: inout PhaseClock
  ) -> Double {
    var loss = 0.0
    for index in treeNodes.indices {
      loss += run(treeNodes[index], level: 0, into: gradients[index], shard, pass, &clock)
    }
    return loss
  }

  private func run(
    _ treeNode: Range<Int>, level: Int, into gradient: UnsafeMutablePointer<Float>, _ shard: UnsafeBufferPointer<Name>,
    _ pass: ShardPass, _ clock: inout PhaseClock
  ) -> Double {
    if treeNode.count == 1 {
      let own = tree.names(of: treeNode.lowerBound)
      let slots = own.lowerBound - names.lowerBound..<own.upperBound - names.lowerBound
      return pass.run(UnsafeBufferPointer(rebasing: shard[slots]), gradient: gradient, &clock)
    }
    let (left, right) = SummationTree.children(of: treeNode)
    let other = waiting.pointer + level * stride
    var loss = run(left, level: level, into: gradient, shard, pass, &clock)
    loss += run(right, level: level + 1, into: other, shard, pass, &clock)
    add(count: parameterCount, UnsafePointer(gradient), UnsafePointer(other), target: gradient)
    clock.lap(.backward)
    return loss
  }
}

/// What a forward and a backward pass need besides names and a place for their gradient.
struct ShardPass {
  let engine: any Engine
  /// (P)
  let parameters: UnsafePointer<Float>
  /// 1 / predicted positions of the GLOBAL batch.
  let scale: Double

  /// Runs both.
  ///
  /// - Parameters:
  ///   - gradient: (P), overwritten.
  ///   - isFinal: as `Engine.backward` calls it.
  /// - Returns: the loss sum.
  func run(
    _ names: UnsafeBufferPointer<Name>, gradient: UnsafeMutablePointer<Float>, _ clock: inout PhaseClock,
    isFinal: (_ from: Int) -> Void = { _ in }
  ) -> Double {
    let loss = engine.forward(names, parameters: parameters, scale: scale)
    clock.lap(.forward)
    engine.backward(parameters: parameters, gradient: gradient, isFinal: isFinal)
    clock.lap(.backward)
    return loss
  }
}

import GPT
import Kernels

/// The passes of a reproducible step on one rank: each of its micro-shards on its own, added up as far as the tree
/// allows without other ranks.
final class MicroShardPass {
  /// One for each part of a run whose batch grows, all with the same nodes.
  private let trees: [SummationTree]
  /// The rank's largest nodes of a tree: what is to be handed on.
  let treeNodes: [Range<Int>]
  private let leaves: Range<Int>
  /// The first slot of this rank's names in the sorted batch, for each of `trees`.
  private let firstSlots: [Int]
  /// For each of `trees`.
  private let folds: [[Int]]
  /// Gradients in between, one a level of the tree; (P) each.
  private let waiting: AlignedBuffer<Float>
  private let stride: Int
  private let parameterCount: Int

  /// - Parameter trees: one for each part of the run; at least one.
  init(_ trees: [SummationTree], rank: Int, ranks: Int, parameterCount: Int) {
    self.trees = trees
    self.parameterCount = parameterCount
    leaves = trees[0].leaves(rank: rank, ranks: ranks)
    firstSlots = trees.map { $0.names(ofRank: rank, ranks: ranks).lowerBound }
    folds = trees.map(\.folds)
    treeNodes = trees[0].nodes(in: leaves)
    stride = CacheLine.padded(parameterCount)
    let levels = SummationTree.levels(leaves: treeNodes.map(\.count).max() ?? 1)
    waiting = AlignedBuffer(zeros: levels * stride)
  }

  /// The most names of one micro-shard.
  var capacity: Int { trees.map { $0.names(of: 0).count }.max() ?? 0 }

  /// Runs forward and backward pass of every micro-shard.
  ///
  /// - Parameters:
  ///   - shard: this rank's names.
  ///   - part: of the run.
  ///   - scale: 1 / predicted positions of the GLOBAL batch.
  ///   - gradients: (P) each: where those of `treeNodes` go.
  /// - Returns: the loss sum of all.
  func run(
    _ shard: UnsafeBufferPointer<Name>, part: Int, scale: Double, _ pass: ShardPass,
    gradients: [UnsafeMutablePointer<Float>], _ clock: inout PhaseClock
  ) -> Double {
    var loss = 0.0
    let first = firstSlots[part]
    for index in treeNodes.indices {
      loss += run(
        treeNodes[index], level: 0, into: gradients[index], shard, trees[part], first, scale, pass, &clock)
    }
    return loss
  }

  /// Runs forward and backward pass of every micro-shard, and keeps what their gradients are made of.
  ///
  /// - Parameters: as `run` takes them.
  /// - Returns: the loss sum of all.
  func keep(
    _ shard: UnsafeBufferPointer<Name>, part: Int, scale: Double, _ pass: ShardPass, _ clock: inout PhaseClock
  ) -> Double {
    let tree = trees[part]
    let first = firstSlots[part]
    var loss = 0.0
    for leaf in leaves {
      let own = tree.names(of: leaf)
      let names = UnsafeBufferPointer(rebasing: shard[own.lowerBound - first..<own.upperBound - first])
      loss += pass.keep(names, scale: scale, folds: folds[part][leaf], &clock)
    }
    return loss
  }

  private func run(
    _ treeNode: Range<Int>, level: Int, into gradient: UnsafeMutablePointer<Float>, _ shard: UnsafeBufferPointer<Name>,
    _ tree: SummationTree, _ first: Int, _ scale: Double, _ pass: ShardPass, _ clock: inout PhaseClock
  ) -> Double {
    if treeNode.count == 1 {
      let own = tree.names(of: treeNode.lowerBound)
      let slots = own.lowerBound - first..<own.upperBound - first
      return pass.run(UnsafeBufferPointer(rebasing: shard[slots]), scale: scale, gradient: gradient, &clock)
    }
    let (left, right) = SummationTree.children(of: treeNode)
    let other = waiting.pointer + level * stride
    var loss = run(left, level: level, into: gradient, shard, tree, first, scale, pass, &clock)
    loss += run(right, level: level + 1, into: other, shard, tree, first, scale, pass, &clock)
    add(count: parameterCount, UnsafePointer(gradient), UnsafePointer(other), target: gradient)
    clock.lap(.backward)
    return loss
  }
}

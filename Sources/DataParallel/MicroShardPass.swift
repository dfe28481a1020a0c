import GPT
import Kernels

/// The passes of a reproducible step on one rank: each of its micro-shards on its own, added up as far as the tree
/// allows without other ranks. Several are computed at once where an engine keeps factors.
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
  private let shape: Shape
  /// Of several micro-shards whose gradient is written; nil where there are none, or the engine keeps no factors.
  let factors: FactorStore?

  /// - Parameters:
  ///   - trees: one for each part of the run; at least one.
  ///   - writesGradients: whether the strategy exchanges gradients.
  ///   - computesSeveral: whether the engine may be made with `factors`.
  init(
    _ trees: [SummationTree], rank: Int, ranks: Int, settings: Settings, writesGradients: Bool, computesSeveral: Bool
  ) {
    self.trees = trees
    shape = settings.shape
    leaves = trees[0].leaves(rank: rank, ranks: ranks)
    firstSlots = trees.map { $0.names(ofRank: rank, ranks: ranks).lowerBound }
    folds = trees.map(\.folds)
    treeNodes = trees[0].nodes(in: leaves)
    stride = CacheLine.padded(shape.parameterCount)
    let levels = SummationTree.levels(leaves: treeNodes.map(\.count).max() ?? 1)
    waiting = AlignedBuffer(zeros: writesGradients ? levels * stride : 0)
    let room =
      writesGradients && computesSeveral
      ? trees.last.flatMap { Self.room($0, shape: settings.shape, engine: settings.engine, ranks: ranks) } : nil
    factors = room.map { FactorStore(shape: settings.shape, room: $0) }
  }

  /// Room for the micro-shards that are computed at once; nil where each is computed alone.
  ///
  /// - Parameter tree: of the largest batch.
  static func room(_ tree: SummationTree, shape: Shape, engine: EngineOptions, ranks: Int) -> FactorStore.Room? {
    let (own, most) = ((tree.leaves + ranks - 1) / ranks, ShardPass.mostNames(shape))
    let names = tree.names(of: 0).count
    guard engine.keepsFactors(at: shape), own > 1, 2 * names <= most else { return nil }
    return FactorStore.Room(names: min(own * names, most), groups: 1, passes: min(own, most))
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
      loss += run(treeNodes[index], level: 0, into: gradients[index], shard, part, first, scale, pass, &clock)
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
    pass.keep(shard, scale: scale, parts: parts(leaves, part), &clock)
  }

  private func parts(_ leaves: Range<Int>, _ part: Int) -> MicroShards {
    MicroShards(tree: trees[part], folds: folds[part], leaves: leaves)
  }

  private func run(
    _ treeNode: Range<Int>, level: Int, into gradient: UnsafeMutablePointer<Float>, _ shard: UnsafeBufferPointer<Name>,
    _ part: Int, _ first: Int, _ scale: Double, _ pass: ShardPass, _ clock: inout PhaseClock
  ) -> Double {
    let tree = trees[part]
    let slots = tree.names(of: treeNode.lowerBound).lowerBound..<tree.names(of: treeNode.upperBound - 1).upperBound
    let names = UnsafeBufferPointer(rebasing: shard[slots.lowerBound - first..<slots.upperBound - first])
    if treeNode.count == 1 { return pass.run(names, scale: scale, gradient: gradient, &clock) }
    if let factors, !names.isEmpty, names.count <= ShardPass.mostNames(shape) {
      let loss = pass.keep(names, scale: scale, parts: parts(treeNode, part), &clock)
      pass.writeGradient(gradient)
      factors.clear()
      clock.lap(.backward)
      return loss
    }
    let (left, right) = SummationTree.children(of: treeNode)
    let other = waiting.pointer + level * stride
    var loss = run(left, level: level, into: gradient, shard, part, first, scale, pass, &clock)
    loss += run(right, level: level + 1, into: other, shard, part, first, scale, pass, &clock)
    add(count: shape.parameterCount, UnsafePointer(gradient), UnsafePointer(other), target: gradient)
    clock.lap(.backward)
    return loss
  }
}

/// Some micro-shards as parts of a pass. Not a lazy map: its closure would be allocated in each step.
private struct MicroShards: Sequence, IteratorProtocol {
  let tree: SummationTree
  /// Of all micro-shards.
  let folds: [Int]
  var leaves: Range<Int>

  mutating func next() -> (names: Int, folds: Int)? {
    guard let leaf = leaves.popFirst() else { return nil }
    return (tree.names(of: leaf).count, folds[leaf])
  }
}

import GPT

/// The one order in which a reproducible run adds gradients up: a binary tree over micro-shards.
///
/// The sorted global batch is cut into micro-shards: as many as the run wants, and never more than names. The number of ranks
/// has no part in it. Each micro-shard's gradient is computed on its own, and the tree adds the gradients up. Whichever ranks
/// compute them, the same numbers are added in the same order, so the result has the same bits for every N.
///
/// A node of the tree is the range of micro-shards below it. It falls into the largest power of two that leaves
/// something, and the rest: so any aligned block of a power of two is a node.
struct SummationTree: Sendable, Equatable {
  /// B
  let batch: Int
  /// M
  let leaves: Int

  /// - Parameter leaves: M; those beyond B are empty.
  init(batch: Int, leaves: Int) { (self.batch, self.leaves) = (batch, leaves) }

  /// Names of a micro-shard, as slots of the sorted batch.
  func names(of leaf: Int) -> Range<Int> { shard(batch: batch, rank: leaf, ranks: leaves) }

  /// The micro-shards that a rank computes: contiguous, with more ranks than micro-shards none for the last ranks.
  func leaves(rank: Int, ranks: Int) -> Range<Int> { shard(batch: leaves, rank: rank, ranks: ranks) }

  /// Names of a rank's micro-shards, as slots of the sorted batch.
  func names(ofRank rank: Int, ranks: Int) -> Range<Int> {
    let leaves = leaves(rank: rank, ranks: ranks)
    guard let first = leaves.first, let last = leaves.last else { return 0..<0 }
    return names(of: first).lowerBound..<names(of: last).upperBound
  }

  /// - Parameter node: of more than one micro-shard.
  static func children(of node: Range<Int>) -> (left: Range<Int>, right: Range<Int>) {
    var half = 1
    while half * 2 < node.count { half *= 2 }
    let middle = node.lowerBound + half
    return (node.lowerBound..<middle, middle..<node.upperBound)
  }

  /// The largest nodes inside a range of micro-shards, in order: what can be added up by who has these alone.
  func nodes(in part: Range<Int>) -> [Range<Int>] { nodes { part.contains($0) } }

  /// The same for any set of micro-shards.
  func nodes(of has: (_ leaf: Int) -> Bool) -> [Range<Int>] {
    func find(_ node: Range<Int>) -> [Range<Int>] {
      if node.allSatisfy(has) { return [node] }
      if node.count == 1 { return [] }
      let (left, right) = Self.children(of: node)
      return find(left) + find(right)
    }
    return find(0..<leaves)
  }

  /// The tree's levels beside the leaves': so many sums may wait for their right half, one inside the other.
  static func levels(leaves: Int) -> Int {
    var levels = 0
    while 1 << levels < leaves { levels += 1 }
    return levels
  }

  /// The tree as brackets around the micro-shards in order: how many close after each. A node closes after its last
  /// micro-shard that has names; one whose right half has none is its left half.
  var folds: [Int] {
    var folds = Array(repeating: 0, count: leaves)
    let inUse = min(batch, leaves)
    func close(_ node: Range<Int>) {
      guard node.count > 1 else { return }
      let (left, right) = Self.children(of: node)
      close(left)
      close(right)
      if right.lowerBound < inUse { folds[min(node.upperBound, inUse) - 1] += 1 }
    }
    close(0..<leaves)
    return folds
  }

  /// What is left to add up once ranks have added up what lies with them: one step each, in an order in which operands
  /// exist before they are used.
  ///
  /// - Parameters:
  ///   - nodes: those that exist already; what they have of the root is all of it, once.
  ///   - root: the node to be computed; nil for the whole tree.
  func steps(from nodes: [Range<Int>], to root: Range<Int>? = nil) -> [Step] {
    var steps: [Step] = []
    func operand(_ node: Range<Int>, free slot: Int) -> Operand {
      if let index = nodes.firstIndex(of: node) { return .node(index) }
      let (left, right) = Self.children(of: node)
      let step = Step(
        left: operand(left, free: slot), right: operand(right, free: slot + 1), target: slot)
      steps.append(step)
      return .slot(slot)
    }
    _ = operand(root ?? 0..<leaves, free: 0)
    return steps
  }

  /// slot[target] = left + right
  struct Step: Sendable, Equatable {
    var left, right: Operand
    var target: Int
  }

  enum Operand: Sendable, Equatable {
    /// One of the nodes given.
    case node(Int)
    /// The result of an earlier step.
    case slot(Int)
  }
}

import GPT
import Testing

@testable import DataParallel

/// The one order of a reproducible run's sums.
@Suite("the tree of micro-shards")
struct SummationTreeTests {
  static let batches = [1, 2, 3, 5, 7, 8, 13, 15, 16, 17, 64, 1000]

  /// A sum written out, so that any other order shows.
  private func formula(_ node: Range<Int>) -> String {
    if node.count == 1 { return "\(node.lowerBound)" }
    let (left, right) = SummationTree.children(of: node)
    return "(\(formula(left))+\(formula(right)))"
  }

  @Test("has as many micro-shards as names, up to 16, that cover the batch", arguments: batches)
  func names(batch: Int) {
    let tree = SummationTree(batch: batch, leaves: min(batch, 16))
    #expect(tree.leaves == min(batch, 16))
    let slots = (0..<tree.leaves).flatMap { Array(tree.names(of: $0)) }
    #expect(slots == Array(0..<batch))
    #expect((0..<tree.leaves).allSatisfy { !tree.names(of: $0).isEmpty })
  }

  @Test("adds neighbours up, then pairs of pairs")
  func shape() {
    #expect(formula(0..<8) == "(((0+1)+(2+3))+((4+5)+(6+7)))")
    #expect(formula(0..<7) == "(((0+1)+(2+3))+((4+5)+6))")
    #expect(formula(0..<3) == "((0+1)+2)")
  }

  /// Ranks add up what lies with them, then the owners what is left: together that is the tree, whatever N is.
  @Test("comes to the same formula on any number of ranks", arguments: batches)
  func anyRanks(batch: Int) {
    let tree = SummationTree(batch: batch, leaves: min(batch, 16))
    let whole = formula(0..<tree.leaves)
    for ranks in 1...20 {
      let parts = (0..<ranks).map { tree.leaves(rank: $0, ranks: ranks) }
      #expect(parts.flatMap { Array($0) } == Array(0..<tree.leaves))
      #expect(parts.filter { !$0.isEmpty }.count == min(ranks, tree.leaves), "a rank that could compute does not")
      let nodes = parts.flatMap { tree.nodes(in: $0) }
      var slots: [Int: String] = [:]
      func value(_ operand: SummationTree.Operand) -> String? {
        switch operand {
        case .node(let index): formula(nodes[index])
        case .slot(let slot): slots[slot]
        }
      }
      let steps = tree.steps(from: nodes)
      for step in steps { slots[step.target] = "(\(value(step.left) ?? "?")+\(value(step.right) ?? "?"))" }
      #expect(nodes.count == 1 ? steps.isEmpty && nodes[0] == 0..<tree.leaves : slots[0] == whole, "N = \(ranks)")
      #expect(steps.last.map { $0.target == 0 } ?? true)
    }
  }

  /// Brackets around micro-shards one after the other are the tree, also where the last ones have no names.
  @Test("is a row of brackets", arguments: batches)
  func brackets(batch: Int) {
    for leaves in Set([min(batch, 16), 16]) where leaves >= min(batch, 16) {
      let tree = SummationTree(batch: batch, leaves: leaves)
      var stack: [String] = []
      for (leaf, folds) in tree.folds.enumerated() where !tree.names(of: leaf).isEmpty {
        stack.append("\(leaf)")
        for _ in 0..<folds {
          let right = stack.removeLast()
          stack[stack.count - 1] = "(\(stack[stack.count - 1])+\(right))"
        }
      }
      func formula(_ node: Range<Int>) -> String? {
        guard node.count > 1 else { return tree.names(of: node.lowerBound).isEmpty ? nil : "\(node.lowerBound)" }
        let (left, right) = SummationTree.children(of: node)
        guard let right = formula(right) else { return formula(left) }
        return formula(left).map { "(\($0)+\(right))" } ?? right
      }
      #expect(stack == [formula(0..<leaves)], "\(leaves) micro-shards")
    }
  }

  /// What is exchanged stays small: powers of two need one gradient a rank.
  @Test("a rank hands on one gradient for powers of two, and never more than four")
  func gradientsPerRank() {
    let tree = SummationTree(batch: 64, leaves: 16)
    for ranks in 1...16 {
      let most = (0..<ranks).map { tree.nodes(in: tree.leaves(rank: $0, ranks: ranks)).count }.max() ?? 0
      #expect(most <= (ranks & (ranks - 1) == 0 ? 1 : 4), "N = \(ranks)")
    }
  }

  @Test("block by block, sums are those of the formula", arguments: [1, 3, 5, 16])
  func sums(batch: Int) {
    let tree = SummationTree(batch: batch, leaves: min(batch, 16))
    let count = 5000
    func value(_ leaf: Int, _ i: Int) -> Float {
      let number = (leaf * 7919 + i * 104_729) % 1_000_003
      return Float(number) * 1e-5
    }
    let gradients: [[Float]] = (0..<tree.leaves).map { leaf in (0..<count).map { value(leaf, $0) } }
    func expected(_ node: Range<Int>, _ i: Int) -> Float {
      if node.count == 1 { return gradients[node.lowerBound][i] }
      let (left, right) = SummationTree.children(of: node)
      return expected(left, i) + expected(right, i)
    }
    let memory = AlignedBuffer<Float>(zeros: tree.leaves * count)
    for leaf in 0..<tree.leaves {
      (memory.pointer + leaf * count).update(from: gradients[leaf], count: count)
    }
    let sum = TreeSum(
      tree, nodes: (0..<tree.leaves).map { UnsafePointer(memory.pointer + $0 * count) },
      ranges: (0..<tree.leaves).map { $0..<$0 + 1 }, parameterCount: count)
    for range in [0..<count, 16..<17, 1008..<3104] {
      sum.sum(range)
      #expect(range.allSatisfy { sum.sums[$0] == expected(0..<tree.leaves, $0) }, "\(range)")
    }
  }
}

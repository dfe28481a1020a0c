import Kernels
import TestSupport

/// Rows of a prefix tree in preorder, as the attention kernels take them.
struct RowTree {
  /// (R): depth of a row, 0…15, and its row of queries, keys and values.
  var positions: [Int32] = []
  var pair: [Int32] = []
  /// Rows of queries, keys and values.
  var pairs = 0

  var rows: Int { positions.count }

  /// Chains of the given lengths, one behind the other, each row with its own pair.
  init(chains: [Int]) {
    for length in chains { positions += (0..<length).map(Int32.init) }
    pair = positions.indices.map(Int32.init)
    pairs = rows
  }

  /// A tree that grows deeper and falls back at random, whose rows share `pairs` pairs.
  init(rows: Int, pairs: Int, random: inout SeededRandom) {
    var deepest = -1
    for _ in 0..<rows {
      // Deeper in three of four cases; otherwise a sibling of any ancestor, or a new root.
      let deeper = deepest < 0 || (deepest < 15 && random.int(below: 4) > 0)
      deepest = deeper ? deepest + 1 : random.int(below: deepest + 1)
      positions.append(Int32(deepest))
    }
    self.pairs = pairs
    pair = random.indices(rows, below: pairs)
  }

  /// What the kernels take, with guarded indices.
  func kernelRows(_ memory: GuardedMemory) -> AttentionRows {
    AttentionRows(count: rows, positions: memory.array(positions), pair: memory.array(pair))
  }

  /// A row's ancestors and itself, from the root: rows last seen at each position.
  var paths: [[Int]] {
    var path: [Int] = []
    return positions.enumerated().map { row, position in
      path = Array(path.prefix(Int(position))) + [row]
      return path
    }
  }

  /// Chains of every length and trees of several shapes.
  static func samples() -> [(name: String, tree: RowTree)] {
    var random = SeededRandom(seed: 42)
    return [
      ("one row", RowTree(chains: [1])),
      ("chains of every length", RowTree(chains: Array(1...16))),
      ("a chain of 16 and one of 1", RowTree(chains: [16, 1])),
      ("tree of 7 rows", RowTree(rows: 7, pairs: 7, random: &random)),
      ("tree of 93 rows, 20 pairs", RowTree(rows: 93, pairs: 20, random: &random)),
      ("tree of 200 rows, 3 pairs", RowTree(rows: 200, pairs: 3, random: &random)),
    ]
  }
}

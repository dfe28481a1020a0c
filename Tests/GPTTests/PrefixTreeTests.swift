import GPT
import TestSupport
import Testing

/// The tree against sets of prefixes.
@Suite struct PrefixTreeTests {
  /// What a tree should hold: prefixes of inputs and what follows them, counted.
  struct Counts: Equatable {
    var predictions: [[Int]: Int] = [:]
    var edges: [[Int]: Int] = [:]
    var pairs: Set<[Int]> = []

    init() {}

    init(_ names: [Name]) {
      for name in names {
        for p in 0..<name.positions {
          let prefix = (0...p).map(name.input)
          predictions[prefix, default: 0] += 1
          edges[prefix + [name.target(p)], default: 0] += 1
          pairs.insert([name.input(p), p])
        }
      }
    }
  }

  /// Reads a tree back into prefixes; nil where its rows are no preorder or an entry stands twice.
  static func read(_ tree: borrowing PrefixTree) -> Counts? {
    var counts = Counts()
    var prefixes: [[Int]] = []
    for row in 0..<tree.rowCount {
      let (position, pair) = (Int(tree.position[row]), Int(tree.pair[row]))
      guard pair < tree.pairCount, Int(tree.pairs.position[pair]) == position else { return nil }
      let parent = prefixes.last.map { Array($0.prefix(position)) } ?? []
      guard parent.count == position else { return nil }
      let prefix = parent + [Int(tree.pairs.token[pair])]
      guard counts.predictions.updateValue(Int(tree.predictions[row]), forKey: prefix) == nil else { return nil }
      prefixes.append(prefix)
    }
    for edge in 0..<tree.edgeCount {
      let path = prefixes[Int(tree.edgeRow[edge])] + [Int(tree.edgeTarget[edge])]
      guard counts.edges.updateValue(Int(tree.edgeNames[edge]), forKey: path) == nil else { return nil }
    }
    for pair in 0..<tree.pairCount {
      let entry = [Int(tree.pairs.token[pair]), Int(tree.pairs.position[pair])]
      guard counts.pairs.insert(entry).inserted else { return nil }
    }
    return counts
  }

  /// Few letters make deep trees; 300 names in a two-letter alphabet fill their upper levels.
  @Test(arguments: [1, 2, 3, 10, 100, 300], [1, 2, 4, 26])
  func againstSets(names: Int, alphabet: Int) {
    var random = SeededRandom(seed: UInt64(names * 100 + alphabet))
    var tree = PrefixTree(names: names)
    // One tree, built again and again: nothing of an earlier batch may be left.
    for count in [names, max(1, names / 2), names] {
      let batch = randomNames(count, alphabet: alphabet, random: &random)
      batch.withUnsafeBufferPointer { tree.build($0) }
      let expected = Counts(batch)
      let (rows, pairs, edges) = (tree.rowCount, tree.pairCount, tree.edgeCount)
      let agrees = Self.read(tree) == expected
      #expect(rows == expected.predictions.count)
      #expect(pairs == expected.pairs.count)
      #expect(edges == expected.edges.count)
      #expect(agrees)
    }
  }

  @Test func knownTree() {
    var tree = PrefixTree(names: 4)
    [Name("ab"), Name("abc"), Name("b"), Name("b")].sorted().withUnsafeBufferPointer { tree.build($0) }
    let (rows, edges) = (tree.rowCount, tree.edgeCount)
    // Rows: ·, ·a, ·ab, ·abc, ·b. Edges: ·→a, ·→b, ·a→b, ·ab→c, ·ab→·, ·abc→·, ·b→·.
    #expect(rows == 5)
    #expect(edges == 7)
    let predictions = (0..<rows).map { tree.predictions[$0] }
    #expect(predictions == [4, 2, 2, 1, 2])
  }

  @Test func emptyShard() {
    var tree = PrefixTree(names: 2)
    [Name("ab"), Name("b")].withUnsafeBufferPointer { tree.build($0) }
    [Name]().withUnsafeBufferPointer { tree.build($0) }
    let sizes = [tree.rowCount, tree.pairCount, tree.edgeCount]
    #expect(sizes == [0, 0, 0])
  }

  /// The shares of the data set that the design counts on: distinct prefixes, and distinct (token, position)
  /// pairs where given, of all positions of a sampled batch.
  @Test(
    arguments: [(16, 0.805, 0.55), (64, 0.72, 0.26), (128, 0.67, 0.16), (1024, 0.52, nil)] as [(Int, Double, Double?)])
  func sharesOnTheDataSet(batch: Int, rowShare: Double, pairShare: Double?) throws {
    let table = try readTable()
    let sampler = BatchSampler(seed: 1, names: table.count, batch: batch)
    var tree = PrefixTree(names: batch)
    var indices = [UInt32](repeating: 0, count: batch)
    var (rows, pairs, all) = (0, 0, 0)
    for step in 0..<max(20, 20_000 / batch) {
      indices.withUnsafeMutableBufferPointer { sampler.sortedBatch(step: step, into: $0) }
      let names = indices.map { table.names[Int($0)] }
      names.withUnsafeBufferPointer { tree.build($0) }
      rows += tree.rowCount
      pairs += tree.pairCount
      all += positions(names)
    }
    #expect(abs(Double(rows) / Double(all) - rowShare) < 0.01)
    if let pairShare { #expect(abs(Double(pairs) / Double(all) - pairShare) < 0.015) }
  }
}

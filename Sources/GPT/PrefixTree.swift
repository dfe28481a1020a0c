/// The rows of a shard: its names' positions, each distinct prefix once.
///
/// In a causal model names that begin alike have equal activations on their common prefix. Names arrive
/// sorted, so a name shares with its neighbour all it shares with any earlier one, and the tree is built in one
/// pass over neighbours' common prefixes. Rows come out in preorder. What a row predicts is counted on its
/// edges: one for each distinct next token. Up to the attention a row depends only on its (token, position)
/// pair, so those are counted once too.
public struct PrefixTree: ~Copyable {
  /// R, U and the number of edges in use.
  public private(set) var rowCount = 0
  public private(set) var pairCount = 0
  public private(set) var edgeCount = 0

  /// (R): position of a row, its row among the pairs, and the predictions made from it.
  public let position: AlignedBuffer<Int32>
  public let pair: AlignedBuffer<Int32>
  public let predictions: AlignedBuffer<Int32>
  /// (U): token and position of a pair.
  public let pairToken: AlignedBuffer<Int32>
  public let pairPosition: AlignedBuffer<Int32>
  /// (E): row an edge leaves, the token it predicts, and how many names take it.
  public let edgeRow: AlignedBuffer<Int32>
  public let edgeTarget: AlignedBuffer<Int32>
  public let edgeNames: AlignedBuffer<Int32>

  /// Of each part: the rows, and the pairs, of it and of those before.
  let partRows, partPairs: AlignedBuffer<Int32>
  private let sharing: Bool
  /// The first pair of the part that is built.
  private var firstPair = 0
  /// (16 · 27): one more than the row of a pair, or 0.
  private let pairTable: AlignedBuffer<Int32>

  /// - Parameters:
  ///   - names: the most names a shard may have.
  ///   - sharing: whether common prefixes and pairs are computed once; otherwise every name has rows of its own.
  ///   - inParts: whether the names come in parts that share nothing.
  public init(names: Int, sharing: Bool = true, inParts: Bool = false) {
    self.sharing = sharing
    let rows = names * Shape.context
    let pairs = Self.pairs(rows: rows, sharing: sharing, inParts: inParts)
    partRows = AlignedBuffer(zeros: inParts ? names : 0)
    partPairs = AlignedBuffer(zeros: inParts ? names : 0)
    position = AlignedBuffer(zeros: rows)
    pair = AlignedBuffer(zeros: rows)
    predictions = AlignedBuffer(zeros: rows)
    pairToken = AlignedBuffer(zeros: pairs)
    pairPosition = AlignedBuffer(zeros: pairs)
    edgeRow = AlignedBuffer(zeros: rows)
    edgeTarget = AlignedBuffer(zeros: rows)
    edgeNames = AlignedBuffer(zeros: rows)
    pairTable = AlignedBuffer(zeros: Shape.context * Shape.vocabulary)
  }

  /// The most pairs there can be.
  static func pairs(rows: Int, sharing: Bool, inParts: Bool) -> Int {
    sharing && !inParts ? min(rows, Shape.context * Shape.vocabulary) : rows
  }

  /// Rebuilds the tree for `names`, which must be sorted.
  ///
  /// - Parameters:
  ///   - padding: whether every name gets 16 rows, those behind its end predicting nothing.
  ///   - ends: of parts that share nothing: of each the names of it and of those before; of a tree that was made for them.
  public mutating func build(
    _ names: UnsafeBufferPointer<Name>, padding: Bool = false, ends: UnsafeBufferPointer<Int32>? = nil
  ) {
    forgetPairs()
    (rowCount, pairCount, edgeCount, firstPair) = (0, 0, 0, 0)
    guard let ends else { return add(names, padding: padding) }
    var start = 0
    for (part, end) in ends.enumerated() {
      add(UnsafeBufferPointer(rebasing: names[start..<Int(end)]), padding: padding)
      partRows[part] = Int32(truncatingIfNeeded: rowCount)
      partPairs[part] = Int32(truncatingIfNeeded: pairCount)
      start = Int(end)
      forgetPairs()
    }
  }

  /// A part's rows and pairs among all.
  func range(ofPart part: Int) -> (rows: Range<Int>, pairs: Range<Int>) {
    let (rows, pairs) = part > 0 ? (Int(partRows[part - 1]), Int(partPairs[part - 1])) : (0, 0)
    return (rows..<Int(partRows[part]), pairs..<Int(partPairs[part]))
  }

  private mutating func add(_ names: UnsafeBufferPointer<Name>, padding: Bool) {
    var rowAt = InlineArray<16, Int>(repeating: 0)
    var edgeAt = InlineArray<16, Int>(repeating: 0)
    for index in names.indices {
      let name = names[index]
      let positions = name.positions
      // The row at position p stands for p letters, the edge that leaves it for p + 1.
      let common = index == 0 || !sharing ? -1 : name.commonPrefix(names[index - 1])
      for p in 0..<positions {
        if p > common { rowAt[p] = addRow(token: name.input(p), position: p) }
        if p >= common { edgeAt[p] = addEdge(from: rowAt[p], to: name.target(p)) }
        predictions[rowAt[p]] += 1
        edgeNames[edgeAt[p]] += 1
      }
      guard padding else { continue }
      for p in positions..<max(positions, Shape.context) where p > common {
        rowAt[p] = addRow(token: Shape.boundary, position: p)
      }
    }
  }

  /// The rows that `build` makes for a name behind `previous`, or for the first one.
  ///
  /// - Parameters:
  ///   - sharing, padding: as `init` and `build` take them.
  @inlinable @inline(__always)
  public static func rows(of name: Name, behind previous: Name?, sharing: Bool, padding: Bool) -> Int {
    let rows = padding ? Shape.context : name.positions
    guard sharing, let previous else { return rows }
    return max(0, rows - name.commonPrefix(previous) - 1)
  }

  private mutating func addRow(token: Int, position p: Int) -> Int {
    let key = p * Shape.vocabulary + token
    if pairTable[key] == 0 || !sharing {
      pairTable[key] = Int32(truncatingIfNeeded: pairCount + 1)
      pairToken[pairCount] = Int32(truncatingIfNeeded: token)
      pairPosition[pairCount] = Int32(truncatingIfNeeded: p)
      pairCount += 1
    }
    position[rowCount] = Int32(truncatingIfNeeded: p)
    pair[rowCount] = pairTable[key] - 1
    predictions[rowCount] = 0
    defer { rowCount += 1 }
    return rowCount
  }

  private mutating func addEdge(from row: Int, to target: Int) -> Int {
    edgeRow[edgeCount] = Int32(truncatingIfNeeded: row)
    edgeTarget[edgeCount] = Int32(truncatingIfNeeded: target)
    edgeNames[edgeCount] = 0
    defer { edgeCount += 1 }
    return edgeCount
  }

  /// Clears only the table's entries in use. Pairs that come from now on are new ones.
  private mutating func forgetPairs() {
    for index in firstPair..<pairCount {
      pairTable[Int(pairPosition[index]) * Shape.vocabulary + Int(pairToken[index])] = 0
    }
    firstPair = pairCount
  }
}

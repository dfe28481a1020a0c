/// The rows of a shard: its names' positions, each distinct prefix once.
///
/// In a causal model names that begin alike have equal activations on their common prefix. Names arrive
/// sorted, so a name shares with its neighbour all it shares with any earlier one, and the tree is built in one
/// pass over neighbours' common prefixes. Rows come out in preorder. What a row predicts is counted on its
/// edges: one for each distinct next token. Up to the attention a row depends only on its (token, position)
/// pair, so those are counted once too.
public struct PrefixTree: ~Copyable {
  /// R, U and the number of edges in use.
  public var rowCount: Int { newRows + copies }
  public var pairCount: Int { pairs.count }
  public private(set) var edgeCount = 0

  /// (R): position of a row, its row among the pairs, and the predictions made from it.
  public let position: AlignedBuffer<Int32>
  public let pair: AlignedBuffer<Int32>
  public let predictions: AlignedBuffer<Int32>
  /// (U)
  public private(set) var pairs: PairList
  /// (E): row an edge leaves, the token it predicts, and how many names take it.
  public let edgeRow: AlignedBuffer<Int32>
  public let edgeTarget: AlignedBuffer<Int32>
  public let edgeNames: AlignedBuffer<Int32>

  private let sharing: Bool

  /// Of names in parts; nil where all names are one part.
  let parts: PrefixParts?
  /// Whether the last names came in parts.
  private var isInParts = false
  /// Rows that the forward pass computes. Those after them are copies.
  private(set) var newRows = 0
  private var copies = 0
  /// The path of the name before: row and edge at each position. A row below 0 is a copy, ~row its number among them.
  private var rowAt = InlineArray<16, Int>(repeating: 0)
  private var edgeAt = InlineArray<16, Int>(repeating: 0)

  /// - Parameters:
  ///   - names: the most names a shard may have.
  ///   - sharing: whether common prefixes and pairs are computed once; otherwise every name has rows of its own.
  ///   - inParts: whether the names come in parts.
  public init(names: Int, sharing: Bool = true, inParts: Bool = false) {
    self.sharing = sharing
    let rows = names * Shape.context
    pairs = PairList(most: Self.pairs(rows: rows, sharing: sharing, inParts: inParts), sharing: sharing)
    position = AlignedBuffer(zeros: rows)
    pair = AlignedBuffer(zeros: rows)
    predictions = AlignedBuffer(zeros: rows)
    edgeRow = AlignedBuffer(zeros: rows)
    edgeTarget = AlignedBuffer(zeros: rows)
    edgeNames = AlignedBuffer(zeros: rows)
    parts =
      inParts
      ? PrefixParts(names: names, rows: rows, pairs: Self.pairs(rows: rows, sharing: sharing), sharing: sharing) : nil
  }

  /// The most pairs there can be.
  static func pairs(rows: Int, sharing: Bool, inParts: Bool = false) -> Int {
    sharing && !inParts ? min(rows, Shape.context * Shape.vocabulary) : rows
  }

  /// Numbers of 32 bits: six a row and two a pair.
  static func count(rows: Int, pairs: Int) -> Int { 6 * rows + 2 * pairs }

  /// Rebuilds the tree for `names`, which must be sorted.
  ///
  /// - Parameters:
  ///   - padding: whether every name gets 16 rows, those behind its end predicting nothing.
  ///   - ends: of a tree that was made for them, the parts: of each the names of it and of those before. Rows and pairs are then
  ///     those of each part alone, one part after the other.
  public mutating func build(
    _ names: UnsafeBufferPointer<Name>, padding: Bool = false, ends: UnsafeBufferPointer<Int32>? = nil
  ) {
    (newRows, copies, edgeCount) = (0, 0, 0)
    pairs.clear()
    parts?.clear()
    isInParts = ends != nil
    guard let ends else { return add(names, padding: padding) }
    var start = 0
    for (part, end) in ends.enumerated() {
      if sharing, start > 0, start < Int(end) { copyPath(to: names[start], after: names[start - 1], padding: padding) }
      add(
        UnsafeBufferPointer(rebasing: names[start..<Int(end)]), padding: padding,
        after: start > 0 ? names[start - 1] : nil)
      parts?.end(part, rows: newRows, copies: copies, pairs: pairCount)
      pairs.forget()
      start = Int(end)
    }
    appendCopies()
  }

  /// The pairs that the forward pass computes: their number, token and position; and the pair of each new row among them.
  var forwardPairs:
    (
      count: Int, token: UnsafePointer<Int32>, position: UnsafePointer<Int32>, ofRow: UnsafePointer<Int32>
    )
  {
    if let parts, isInParts {
      return (
        parts.sharedPairs.count, UnsafePointer(parts.sharedPairs.token.pointer),
        UnsafePointer(parts.sharedPairs.position.pointer), UnsafePointer(parts.sharedPair.pointer)
      )
    }
    return (
      pairs.count, UnsafePointer(pairs.token.pointer), UnsafePointer(pairs.position.pointer),
      UnsafePointer(pair.pointer)
    )
  }

  /// A part's rows and pairs. Its copies are rows after the new ones of all parts, and come before its own in every sum.
  func ranges(ofPart part: Int) -> PartRanges {
    guard var ranges = parts?.ranges(part) else {
      return PartRanges(rows: 0..<newRows, copies: 0..<0, pairs: 0..<pairCount)
    }
    ranges.copies = newRows + ranges.copies.lowerBound..<newRows + ranges.copies.upperBound
    return ranges
  }

  /// - Parameter previous: the name before the first, of another part.
  private mutating func add(_ names: UnsafeBufferPointer<Name>, padding: Bool, after previous: Name? = nil) {
    for index in names.indices {
      let name = names[index]
      let positions = name.positions
      // The row at position p stands for p letters, the edge that leaves it for p + 1.
      let before = index > 0 ? names[index - 1] : previous
      let common = sharing ? before.map { name.commonPrefix($0) } ?? -1 : -1
      let isFirst = index == 0
      for p in 0..<positions {
        if p > common {
          let row = addRow(token: name.input(p), position: p)
          rowAt[p] = row
        }
        let row = rowAt[p]
        if p >= common || isFirst {
          let edge = addEdge(from: row, to: name.target(p))
          edgeAt[p] = edge
        }
        count(row)
        edgeNames[edgeAt[p]] += 1
      }
      guard padding else { continue }
      for p in positions..<max(positions, Shape.context) where p > common {
        let row = addRow(token: Shape.boundary, position: p)
        rowAt[p] = row
      }
    }
  }

  private func count(_ row: Int) {
    if row >= 0 { predictions[row] += 1 } else { parts?.predictions[~row] += 1 }
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
    let known = pairs.place(token: token, position: p)
    position[newRows] = Int32(truncatingIfNeeded: p)
    pair[newRows] = known
    predictions[newRows] = 0
    if isInParts { parts?.addRow(newRows, token: token, position: p) }
    defer { newRows += 1 }
    return newRows
  }

  private mutating func addEdge(from row: Int, to target: Int) -> Int {
    edgeRow[edgeCount] = Int32(truncatingIfNeeded: row)
    edgeTarget[edgeCount] = Int32(truncatingIfNeeded: target)
    edgeNames[edgeCount] = 0
    defer { edgeCount += 1 }
    return edgeCount
  }

  /// A part begins: what its first name shares with the name before becomes rows of its own, which are copied once they are
  /// computed.
  private mutating func copyPath(to name: Name, after previous: Name, padding: Bool) {
    let rows = padding ? Shape.context : name.positions
    let shared = min(name.commonPrefix(previous) + 1, rows)
    for p in 0..<shared {
      let pair = pairs.place(token: p < name.positions ? name.input(p) : Shape.boundary, position: p)
      rowAt[p] = ~copies
      parts?.addCopy(copies, position: p, pair: pair)
      copies += 1
    }
  }

  /// Gives copies their places, after all other rows.
  private func appendCopies() {
    guard copies > 0, let parts else { return }
    for copy in 0..<copies {
      position[newRows + copy] = parts.position[copy]
      pair[newRows + copy] = parts.pair[copy]
      predictions[newRows + copy] = parts.predictions[copy]
    }
    for edge in 0..<edgeCount where edgeRow[edge] < 0 {
      edgeRow[edge] = Int32(truncatingIfNeeded: newRows) + ~edgeRow[edge]
    }
  }
}

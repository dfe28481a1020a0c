/// What a prefix tree of several parts has besides. Parts share nothing where gradients are added up; but activations are the same
/// in all of them, and the forward pass computes each row and each pair once. As names are sorted, all that a part has in common with
/// those before is the beginning of its first name.
final class PrefixParts {
  /// (copies): position of a row that is a copy, its row among the pairs, the predictions made from it, and what it copies.
  let position, pair, predictions, source: AlignedBuffer<Int32>
  /// Of the pairs that the forward pass computes: their number, token and position; of each new row, which it is.
  private(set) var sharedPairs = 0
  let sharedToken, sharedPosition, sharedPair: AlignedBuffer<Int32>

  private let table = PairTable()
  /// The row that computes each position of the present path.
  private var rowAt = InlineArray<16, Int32>(repeating: 0)
  /// Of each part: what there is up to its end.
  private let rowEnds, copyEnds, pairEnds: AlignedBuffer<Int32>

  /// - Parameters:
  ///   - names, rows: the most there can be.
  ///   - pairs: the most that are computed.
  init(names: Int, rows: Int, pairs: Int) {
    position = AlignedBuffer(zeros: rows)
    pair = AlignedBuffer(zeros: rows)
    predictions = AlignedBuffer(zeros: rows)
    source = AlignedBuffer(zeros: rows)
    sharedToken = AlignedBuffer(zeros: pairs)
    sharedPosition = AlignedBuffer(zeros: pairs)
    sharedPair = AlignedBuffer(zeros: rows)
    rowEnds = AlignedBuffer(zeros: names)
    copyEnds = AlignedBuffer(zeros: names)
    pairEnds = AlignedBuffer(zeros: names)
  }

  func clear() {
    table.clear(pairs: sharedToken, sharedPosition, 0..<sharedPairs)
    sharedPairs = 0
  }

  func addRow(_ row: Int, token: Int, position p: Int, sharing: Bool) {
    rowAt[p] = Int32(truncatingIfNeeded: row)
    if sharing, let known = table[token, p] {
      sharedPair[row] = known
      return
    }
    let new = Int32(truncatingIfNeeded: sharedPairs)
    table[token, p] = new
    sharedToken[sharedPairs] = Int32(truncatingIfNeeded: token)
    sharedPosition[sharedPairs] = Int32(truncatingIfNeeded: p)
    sharedPairs += 1
    sharedPair[row] = new
  }

  func addCopy(_ copy: Int, position p: Int, pair: Int32) {
    position[copy] = Int32(truncatingIfNeeded: p)
    self.pair[copy] = pair
    predictions[copy] = 0
    source[copy] = rowAt[p]
  }

  func end(_ part: Int, rows: Int, copies: Int, pairs: Int) {
    rowEnds[part] = Int32(truncatingIfNeeded: rows)
    copyEnds[part] = Int32(truncatingIfNeeded: copies)
    pairEnds[part] = Int32(truncatingIfNeeded: pairs)
  }

  /// A part's new rows, its copies, which come before them in every sum, and its pairs.
  func ranges(_ part: Int) -> PartRanges {
    func range(_ ends: borrowing AlignedBuffer<Int32>) -> Range<Int> {
      (part > 0 ? Int(ends[part - 1]) : 0)..<Int(ends[part])
    }
    return PartRanges(rows: range(rowEnds), copies: range(copyEnds), pairs: range(pairEnds))
  }

  /// Which of the computed pairs a pair is.
  func shared(token: Int32, position: Int32) -> Int { Int(table[Int(token), Int(position)] ?? 0) }
}

/// A part's rows and pairs. Copies are counted from the first of all.
struct PartRanges {
  var rows, copies, pairs: Range<Int>
}

/// Where the row of a pair is, by token and position.
struct PairTable: ~Copyable {
  /// (16 · 27): one more than the row of a pair, or 0.
  private let rows: AlignedBuffer<Int32> = AlignedBuffer(zeros: Shape.context * Shape.vocabulary)

  subscript(token: Int, position: Int) -> Int32? {
    get {
      let row = rows[position * Shape.vocabulary + token]
      return row > 0 ? row - 1 : nil
    }
    nonmutating set { rows[position * Shape.vocabulary + token] = (newValue ?? -1) + 1 }
  }

  /// Forgets some pairs: only the entries that are in use.
  func clear(
    pairs token: borrowing AlignedBuffer<Int32>, _ position: borrowing AlignedBuffer<Int32>, _ range: Range<Int>
  ) {
    for pair in range { self[Int(token[pair]), Int(position[pair])] = nil }
  }
}

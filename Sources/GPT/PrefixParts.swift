/// What a prefix tree of several parts has besides. Parts share nothing where gradients are added up; but activations are the same
/// in all of them, and the forward pass computes each row and each pair once. As names are sorted, all that a part has in common with
/// those before is the beginning of its first name.
final class PrefixParts {
  /// (copies): position of a row that is a copy, its row among the pairs, the predictions made from it, and what it copies.
  let position, pair, predictions, source: AlignedBuffer<Int32>
  /// Those that the forward pass computes, and of each new row which it is.
  private(set) var sharedPairs: PairList
  let sharedPair: AlignedBuffer<Int32>

  /// The row that computes each position of the present path.
  private var rowAt = InlineArray<16, Int32>(repeating: 0)
  /// Of each part: what there is up to its end.
  private let rowEnds, copyEnds, pairEnds: AlignedBuffer<Int32>

  /// - Parameters:
  ///   - names, rows: the most there can be.
  ///   - pairs: the most that are computed.
  ///   - sharing: as `PrefixTree` takes it.
  init(names: Int, rows: Int, pairs: Int, sharing: Bool) {
    sharedPairs = PairList(most: pairs, sharing: sharing)
    position = AlignedBuffer(zeros: rows)
    pair = AlignedBuffer(zeros: rows)
    predictions = AlignedBuffer(zeros: rows)
    source = AlignedBuffer(zeros: rows)
    sharedPair = AlignedBuffer(zeros: rows)
    rowEnds = AlignedBuffer(zeros: names)
    copyEnds = AlignedBuffer(zeros: names)
    pairEnds = AlignedBuffer(zeros: names)
  }

  func clear() { sharedPairs.clear() }

  func addRow(_ row: Int, token: Int, position p: Int) {
    rowAt[p] = Int32(truncatingIfNeeded: row)
    sharedPair[row] = sharedPairs.place(token: token, position: p)
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
}

/// A part's rows and pairs. Copies are counted from the first of all.
struct PartRanges {
  var rows, copies, pairs: Range<Int>
}

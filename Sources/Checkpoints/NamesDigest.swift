import Chain
import GPT

extension Digest {
  /// Of the names that a model sees: the first 16 letters of each, in the order of `LC_ALL=C sort`, a line each. Their order
  /// in a file decides nothing, and letters after the 16th do not, so neither is in it.
  ///
  /// - Throws: `ChainError` where there is no libcrypto.
  public init(names: [Name]) throws(ChainError) {
    let hasher = try SHA256()
    var piece: [UInt8] = []
    for word in names.map(Word.init).sorted() {
      word.append(to: &piece)
      guard piece.count >= BlockTree.blockSize else { continue }
      try hasher.update(piece)
      piece.removeAll(keepingCapacity: true)
    }
    try hasher.update(piece)
    self = try hasher.finish()
  }
}

/// A name as bytes that compare as text does: its end comes before all letters.
private struct Word: Comparable {
  /// 0, the end, or 1…26, eight in each, the first in the highest byte.
  private var high: UInt64 = 0, low: UInt64 = 0

  init(_ name: Name) {
    for index in 0..<Shape.context {
      let letter = name.target(index)
      guard letter != Shape.boundary else { return }
      let bits = UInt64(letter + 1) << UInt64(56 - 8 * (index & 7))
      if index < 8 { high |= bits } else { low |= bits }
    }
  }

  static func < (left: Word, right: Word) -> Bool { (left.high, left.low) < (right.high, right.low) }

  func append(to text: inout [UInt8]) {
    for index in 0..<Shape.context {
      let letter = (index < 8 ? high : low) >> UInt64(56 - 8 * (index & 7)) & 0xFF
      guard letter != 0 else { break }
      text.append(UInt8(letter - 1) + UInt8(ascii: "a"))
    }
    text.append(UInt8(ascii: "\n"))
  }
}

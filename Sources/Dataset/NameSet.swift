import Files

/// Names in the order of their file, each a run of letters 0…25 (a–z) in one flat array.
///
/// A set is never empty. Copies of one spelling are kept: they weigh in training as they do in the file.
public struct NameSet: Sendable {
  /// The most positions the model computes of one name: T of the shape legend.
  public static let maxPositions = 16

  /// Where the names came from, for messages: a path, or a word such as "evaluation".
  public let source: String
  /// How many lines held a character outside a–z and were left out; 0 unless `skipInvalid` was asked for.
  public let skippedLines: Int
  /// How many names have more than 15 letters: all letters are kept here, the model uses the first 16 inputs only.
  public let longNames: Int

  /// The letters of all names, one name after another.
  let letters: [UInt8]
  /// `count + 1` places in `letters`: name i is `offsets[i] ..< offsets[i + 1]`.
  let offsets: [Int32]

  /// Takes over storage that is already valid: `offsets` ascending from 0 to `letters.count`.
  init(source: String, letters: [UInt8], offsets: [Int32], skippedLines: Int) {
    self.source = source
    self.letters = letters
    self.offsets = offsets
    self.skippedLines = skippedLines
    var longNames = 0
    for (start, end) in zip(offsets, offsets.dropFirst()) where end - start >= Self.maxPositions { longNames += 1 }
    self.longNames = longNames
  }

  /// The number of names, copies included; at least 1.
  public var count: Int { offsets.count - 1 }

  /// The letters 0…25 of one name, without boundary tokens. No copy is made.
  ///
  /// - Precondition: `0 <= index < count`.
  public func letters(of index: Int) -> ArraySlice<UInt8> {
    letters[Int(offsets[index])..<Int(offsets[index + 1])]
  }

  /// One name in letters a–z.
  ///
  /// - Precondition: `0 <= index < count`.
  public subscript(index: Int) -> String {
    String(decoding: letters(of: index).lazy.map { $0 + UInt8(ascii: "a") }, as: UTF8.self)
  }

  /// The names at `indices`, in that order.
  func selecting(_ indices: [Int], source: String) -> NameSet {
    var letters: [UInt8] = []
    var offsets: [Int32] = [0]
    offsets.reserveCapacity(indices.count + 1)
    for index in indices {
      letters += self.letters(of: index)
      offsets.append(Int32(letters.count))
    }
    return NameSet(source: source, letters: letters, offsets: offsets, skippedLines: 0)
  }
}

extension NameSet {
  /// The XXH3-128 hash of the names, 32 hexadecimal digits: of the letters a–z, joined by one "\n", in order.
  ///
  /// Two files agree exactly if they hold the same names in the same order, whatever their case, line ends, blank
  /// lines and margins. Computed at each call, in time proportional to the letters.
  public var hash: String {
    var hasher = ContentHasher()
    var piece: [UInt8] = []
    let pieceSize = 1 << 16
    for index in 0..<count {
      if index > 0 { piece.append(UInt8(ascii: "\n")) }
      for letter in letters(of: index) { piece.append(letter + UInt8(ascii: "a")) }
      if piece.count >= pieceSize {
        piece.withUnsafeBytes { hasher.update($0) }
        piece.removeAll(keepingCapacity: true)
      }
    }
    piece.withUnsafeBytes { hasher.update($0) }
    return hasher.hexDigest()
  }
}

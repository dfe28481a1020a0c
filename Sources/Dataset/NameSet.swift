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

  /// The number of letters of one name; at least 1.
  ///
  /// - Precondition: `0 <= index < count`.
  public func letterCount(of index: Int) -> Int {
    Int(offsets[index + 1] - offsets[index])
  }

  /// The number of positions the model predicts in one name: `min(16, letters + 1)`.
  ///
  /// - Precondition: `0 <= index < count`.
  public func predictedPositions(of index: Int) -> Int {
    min(Self.maxPositions, letterCount(of: index) + 1)
  }

  /// One name in letters a–z.
  ///
  /// - Precondition: `0 <= index < count`.
  public subscript(index: Int) -> String {
    String(decoding: letters(of: index).lazy.map { $0 + UInt8(ascii: "a") }, as: UTF8.self)
  }

  /// Lends the flat storage, for loops that cannot afford a slice a name.
  ///
  /// - Parameter body: receives all letters (0…25), and `count + 1` offsets in letters: name i is
  ///   `letters[offsets[i] ..< offsets[i + 1]]`. The pointers end with the call.
  public func withUnsafeLetters<Result, Failure>(
    _ body: (_ letters: UnsafeBufferPointer<UInt8>, _ offsets: UnsafeBufferPointer<Int32>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try letters.withUnsafeBufferPointer { (letters) throws(Failure) in
      try offsets.withUnsafeBufferPointer { (offsets) throws(Failure) in
        try body(letters, offsets)
      }
    }
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

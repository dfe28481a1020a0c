import Values

/// Reads the JSON header: exactly the grammar that the format allows, and no more.
///
/// A general JSON decoder would hide what a strict reader must see: keys that come twice, the order of keys, whether a
/// number was written as an integer. The header has a fixed depth, so there is no recursion for a hostile file to
/// exhaust. Every byte is reached through `peek`, which stops at the end.
///
/// Source: RFC 8259 for JSON; the safetensors format's definition for the keys.
struct HeaderParser {
  /// One tensor as written: nothing is compared with the data section yet.
  struct Entry {
    let name: String
    let dtype: String
    let shape: [Int]
    let begin: Int
    let end: Int
  }

  /// What is wrong with the header; `tensor` is the one being read.
  struct Failure: Error {
    let tensor: String?
    let reason: String
  }

  private(set) var metadata: [String: String] = [:]
  /// In the order of the header, names all different.
  private(set) var entries: [Entry] = []

  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private var tensor: String?

  /// Parses a whole header.
  ///
  /// - Parameter bytes: the JSON with its padding, and nothing else.
  /// - Throws: `Failure`; byte numbers in reasons count from the start of the header.
  init(_ bytes: ArraySlice<UInt8>) throws(Failure) {
    self.bytes = bytes
    position = bytes.startIndex
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      throw Failure(tensor: nil, reason: "the header is not UTF-8 (byte \(error.byteOffsets.lowerBound))")
    }
    guard peek() == UInt8(ascii: "{") else { throw failure("the header does not begin with {") }
    try parseHeader()
    skipSpace()
    guard position == bytes.endIndex else { throw failure("the header has text after its object") }
  }

  // MARK: - The header's own grammar

  private mutating func parseHeader() throws(Failure) {
    var names: Set<String> = []
    var hasMetadata = false
    try parseObject { (parser, name) throws(Failure) in
      if name == "__metadata__" {
        guard !hasMetadata else { throw parser.failure("__metadata__ comes twice") }
        hasMetadata = true
        try parser.parseMetadata()
      } else {
        parser.tensor = name
        guard names.insert(name).inserted else { throw parser.failure("comes twice in the header") }
        try parser.parseTensor(name)
        parser.tensor = nil
      }
    }
  }

  private mutating func parseMetadata() throws(Failure) {
    guard peek() == UInt8(ascii: "{") else { throw failure("__metadata__ is not an object") }
    try parseObject { (parser, key) throws(Failure) in
      guard parser.peek() == UInt8(ascii: "\"") else {
        throw parser.failure("the value of \(printable(key)) in __metadata__ is not a string")
      }
      let value = try parser.parseString()
      guard parser.metadata.updateValue(value, forKey: key) == nil else {
        throw parser.failure("\(printable(key)) comes twice in __metadata__")
      }
    }
  }

  private mutating func parseTensor(_ name: String) throws(Failure) {
    var dtype: String?
    var shape: [Int]?
    var offsets: [Int]?
    guard peek() == UInt8(ascii: "{") else { throw failure("its entry is not an object") }
    try parseObject { (parser, key) throws(Failure) in
      switch key {
      case "dtype" where dtype == nil: dtype = try parser.parseString()
      case "shape" where shape == nil: shape = try parser.parseIntegers()
      case "data_offsets" where offsets == nil: offsets = try parser.parseIntegers()
      case "dtype", "shape", "data_offsets": throw parser.failure("\(key) comes twice")
      default: throw parser.failure("has the unknown key \(printable(key))")
      }
    }
    guard let dtype else { throw failure("has no dtype") }
    guard let shape else { throw failure("has no shape") }
    guard let offsets else { throw failure("has no data_offsets") }
    guard offsets.count == 2 else { throw failure("data_offsets holds \(offsets.count) numbers, not 2") }
    entries.append(Entry(name: name, dtype: dtype, shape: shape, begin: offsets[0], end: offsets[1]))
  }

  // MARK: - JSON

  /// `{ key: value, … }`; `value` is called at the first byte of each value and reads it.
  private mutating func parseObject(
    value: (inout HeaderParser, _ key: String) throws(Failure) -> Void
  ) throws(Failure) {
    try expect(UInt8(ascii: "{"))
    skipSpace()
    if consume(UInt8(ascii: "}")) { return }
    repeat {
      skipSpace()
      let key = try parseString()
      skipSpace()
      try expect(UInt8(ascii: ":"))
      skipSpace()
      try value(&self, key)
      skipSpace()
    } while consume(UInt8(ascii: ","))
    try expect(UInt8(ascii: "}"))
  }

  /// `[ 1, 2, … ]`
  private mutating func parseIntegers() throws(Failure) -> [Int] {
    var integers: [Int] = []
    try expect(UInt8(ascii: "["))
    skipSpace()
    if consume(UInt8(ascii: "]")) { return integers }
    repeat {
      skipSpace()
      integers.append(try parseInteger())
      skipSpace()
    } while consume(UInt8(ascii: ","))
    try expect(UInt8(ascii: "]"))
    return integers
  }

  /// Digits only: no sign, fraction, exponent or leading zero.
  private mutating func parseInteger() throws(Failure) -> Int {
    let start = position
    var number = 0
    while let byte = peek(), case let digit = Int(byte) - 0x30, (0...9).contains(digit) {
      let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
      let (next, carry) = tens.addingReportingOverflow(digit)
      guard !overflow, !carry else { throw failure("a number is larger than \(Int.max)") }
      number = next
      position += 1
    }
    guard position > start else { throw failure("a whole number of at least 0 is missing") }
    guard position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
      throw failure("a number begins with 0")
    }
    return number
  }

  private mutating func parseString() throws(Failure) -> String {
    try expect(UInt8(ascii: "\""))
    var text: [UInt8] = []
    while let byte = peek() {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): text += String(try parseEscape()).utf8
      case 0..<0x20: throw failure("a string holds a control character that is not escaped")
      default: text.append(byte)
      }
    }
    throw failure("the header ends inside a string")
  }

  /// What follows a backslash.
  private mutating func parseEscape() throws(Failure) -> Unicode.Scalar {
    guard let byte = peek() else { throw failure("the header ends inside a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw failure("a string holds an unknown escape")
    }
    let unit = try parseFourHexDigits()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    // A code point above U+FFFF is written as two surrogates, the high one first.
    if unit < 0xDC00, consume(UInt8(ascii: "\\")), consume(UInt8(ascii: "u")) {
      let low = try parseFourHexDigits()
      if (0xDC00..<0xE000).contains(low),
        let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
      {
        return scalar
      }
    }
    throw failure("a string holds half a surrogate pair")
  }

  private mutating func parseFourHexDigits() throws(Failure) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("\\u is not followed by four hexadecimal digits")
      }
      position += 1
      unit = unit << 4 | UInt32(digit)
    }
    return unit
  }

  private mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
  }

  private func peek() -> UInt8? {
    position < bytes.endIndex ? bytes[position] : nil
  }

  private mutating func consume(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ byte: UInt8) throws(Failure) {
    guard consume(byte) else {
      let expected = Character(Unicode.Scalar(byte))
      throw failure(peek() == nil ? "the header ends where \(expected) is expected" : "\(expected) is missing")
    }
  }

  private func failure(_ reason: String) -> Failure {
    Failure(tensor: tensor, reason: "\(reason) (header byte \(position - bytes.startIndex))")
  }
}

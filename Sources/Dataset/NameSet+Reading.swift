import Files
import Values

extension NameSet {
  /// The largest file that is read, in bytes. Offsets of letters fit in 31 bits because of it.
  public static let maxFileSize = 1 << 30

  /// Reads a UTF-8 text file of one name a line.
  ///
  /// A–Z is folded to a–z; spaces and tabs around a name, CR before LF, blank lines and a byte order mark at the
  /// start are ignored; the last line may lack its end.
  ///
  /// - Parameters:
  ///   - path: the file, at most `maxFileSize` bytes.
  ///   - skipInvalid: leave out each line with a character outside a–z, and count it in `skippedLines`, where
  ///     otherwise the first such line is an error. A file that is not text is an error either way.
  /// - Throws: `DatasetError`, for each way a file can be missing, unreadable or no list of names.
  public init(path: String, skipInvalid: Bool = false) throws(DatasetError) {
    let bytes = try readRegularFile(path: path, limitInBytes: Self.maxFileSize) { error in
      DatasetError.unreadable(path: path, error)
    }
    try self.init(bytes: bytes, source: path, skipInvalid: skipInvalid)
  }

  /// Parses the content of such a file.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8 text, at most `maxFileSize` bytes.
  ///   - source: what messages call it.
  ///   - skipInvalid: as for a file.
  /// - Throws: `DatasetError`, where `bytes` are no list of names.
  public init(bytes: [UInt8], source: String, skipInvalid: Bool = false) throws(DatasetError) {
    guard !bytes.isEmpty else { throw .emptyFile(source: source) }
    guard bytes.count <= Self.maxFileSize else {
      throw .unreadable(path: source, .tooLarge(limitInBytes: Self.maxFileSize))
    }
    try requireText(bytes, source: source)

    var letters: [UInt8] = []
    letters.reserveCapacity(bytes.count)
    var offsets: [Int32] = [0]
    var skippedLines = 0
    var line = 0
    var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    while start < bytes.count {
      line += 1
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      let name = trimmed(bytes[start..<end])
      start = end + 1
      if name.isEmpty { continue }
      if let invalid = name.firstIndex(where: { letter($0) == nil }) {
        guard skipInvalid else {
          let character = printable(firstCharacterOf: name[invalid...])
          throw .invalidCharacter(source: source, line: line, character: character)
        }
        skippedLines += 1
        continue
      }
      letters.append(contentsOf: name.lazy.compactMap(letter))
      offsets.append(Int32(letters.count))
    }
    guard offsets.count > 1 else { throw .noNames(source: source, skippedLines: skippedLines) }
    self.init(source: source, letters: letters, offsets: offsets, skippedLines: skippedLines)
  }
}

/// 0…25 for a–z and A–Z, nil for any other byte.
private func letter(_ byte: UInt8) -> UInt8? {
  let index = (byte | 0x20) &- UInt8(ascii: "a")
  return index < 26 ? index : nil
}

/// `line` without the spaces, tabs and CRs at its two ends.
private func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
  func isMargin(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }
  guard let first = line.firstIndex(where: { !isMargin($0) }), let last = line.lastIndex(where: { !isMargin($0) })
  else { return [] }
  return line[first...last]
}

/// Throws unless `bytes` are UTF-8 without NUL; the error says the line and the byte.
private func requireText(_ bytes: [UInt8], source: String) throws(DatasetError) {
  func line(at offset: Int) -> Int {
    bytes[..<offset].reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
  }
  if let offset = bytes.firstIndex(of: 0) {
    throw .binary(source: source, line: line(at: offset), byteOffset: offset)
  }
  do {
    _ = try UTF8Span(validating: bytes.span)
  } catch {
    let offset = error.byteOffsets.lowerBound
    throw .notUTF8(source: source, line: line(at: offset), byteOffset: offset)
  }
}

/// What a message calls the first character of valid, non-empty UTF-8: `"-"`, `"é" (U+00E9)`, `U+200B`.
private func printable(firstCharacterOf text: ArraySlice<UInt8>) -> String {
  guard let scalar = String(decoding: text.prefix(4), as: UTF8.self).unicodeScalars.first else { return "nothing" }
  let digits = String(scalar.value, radix: 16, uppercase: true)
  let code = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  switch scalar.properties.generalCategory {
  case _ where !scalar.isPrintable: return code
  case .spaceSeparator where scalar == " ":
    return "a space inside the name"
  case .spaceSeparator, .nonspacingMark, .spacingMark, .enclosingMark:
    return code
  default:
    return scalar.isASCII ? "\"\(scalar)\"" : "\"\(scalar)\" (\(code))"
  }
}

extension Unicode.Scalar {
  /// Whether a terminal shows this scalar and does nothing else: no control character, nothing that turns the direction
  /// of writing or is without shape, no line separator.
  public var isPrintable: Bool {
    if isASCII { return (0x20..<0x7F).contains(value) }
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: return false
    default: return true
    }
  }

  /// As in JSON: `\n`, `\u001b`; two of these where it takes two UTF-16 units.
  fileprivate var escape: String {
    switch self {
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    default:
      return UTF16.encode(self).map { units in
        units.map { unit in
          let digits = String(unit, radix: 16)
          return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
      } ?? ""
    }
  }
}

/// `text` with what is not printable escaped as in JSON, so that JSON stays valid: the last thing that happens to all
/// text on its way to a terminal, a log or a page.
///
/// - Parameter keepingLines: whether line breaks stay; false where it must be one line.
public func escaped(_ text: String, keepingLines: Bool = false) -> String {
  if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) || (keepingLines && $0 == 0x0A) }) { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    if scalar.isPrintable || (keepingLines && scalar == "\n") {
      result.unicodeScalars.append(scalar)
    } else {
      result += scalar.escape
    }
  }
  return result
}

/// `text` in quotation marks, on one line: what is not printable is escaped, and a long text is cut.
public func printable(_ text: String) -> String { printable(text, most: 80) }

/// As above; uncut it is JSON.
///
/// - Parameter limit: the most scalars that are shown.
package func printable(_ text: String, most limit: Int) -> String {
  var result = "\""
  for scalar in text.unicodeScalars.prefix(limit) {
    if scalar == "\"" || scalar == "\\" { result += "\\" }
    if scalar.isPrintable { result.unicodeScalars.append(scalar) } else { result += scalar.escape }
  }
  return result + (text.unicodeScalars.count > limit ? "\"…" : "\"")
}

/// A word as a POSIX shell must be given it; where it has what is not printable, as bash and zsh must.
public func shellWord(_ word: String) -> String {
  let isPlain = word.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "_-./:,=+@%".utf8.contains(byte)
    }
  }
  if isPlain, !word.isEmpty { return word }
  guard word.unicodeScalars.allSatisfy(\.isPrintable) else {
    return "$'" + escaped(word.replacing("\\", with: "\\\\").replacing("'", with: "\\'")) + "'"
  }
  return "'" + word.replacing("'", with: "'\\''") + "'"
}

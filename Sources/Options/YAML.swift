import Values
import Yams

/// The root of a YAML text, or nil of an empty one.
///
/// - Throws: `ConfigurationError` in one line, with the line in the file where there is one.
func composeYAML(_ bytes: [UInt8], source: String) throws -> Node? {
  // The parser takes a byte order mark in front of a mapping only, not in front of `---` or `%YAML`.
  let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
  let content = bytes.dropFirst(bytes.starts(with: mark) ? mark.count : 0)
  guard let text = String(validating: content, as: UTF8.self), !text.contains("\0") else {
    throw ConfigurationError(source, "is not UTF-8 text")
  }
  try refuseAliases(text, source: source)
  do {
    return try Yams.compose(yaml: text)
  } catch let error as YamlError {
    throw ConfigurationError(source, line: error.line, error.reason)
  }
}

/// Aliases of aliases make a few lines stand for billions of values, and a flat list of options needs none.
///
/// An alias means nothing without its anchor, so text is refused only where something looks like each.
private func refuseAliases(_ text: String, source: String) throws {
  func lineWith(_ sign: Character) -> Int? {
    var before: Character = "\n"
    var found: Int?
    var line = 1
    for character in text + " " {
      if before == sign, let start = found {
        if !character.isWhitespace { return start }
        found = nil
      }
      // YAML skips a byte order mark at the start of any line.
      if character == sign, before.isWhitespace || "[]{},:?\"'\u{FEFF}".contains(before) { found = line }
      if character.isNewline { line += 1 }
      before = character
    }
    return nil
  }
  if let line = lineWith("&"), lineWith("*") != nil {
    throw ConfigurationError(source, line: line, "anchors (&) and aliases (*) are not supported; write the value out")
  }
}

extension YamlError {
  /// 1-based.
  fileprivate var line: Int? {
    switch self {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
    case .duplicatedKeysInMapping(_, let context): context.mark.line
    default: nil
    }
  }

  fileprivate var reason: String {
    switch self {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _):
      "is not valid YAML: \(problem)"
    case .duplicatedKeysInMapping(let keys, _):
      "\(keys.prefix(8).map(printable).joined(separator: ", ")) is given twice"
    case .reader(let problem, _, _, _): "is not valid YAML: \(problem)"
    default:
      "is not valid YAML: " + "\(self)".split(whereSeparator: \.isNewline).joined(separator: " ")
    }
  }
}

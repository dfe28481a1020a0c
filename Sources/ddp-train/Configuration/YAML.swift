import RegularFiles
import Yams

/// The largest configuration file that is read, in bytes: far beyond any real one, and no trap for memory.
private let largestFile = 1 << 20

/// The root of a YAML file, or nil of an empty one.
///
/// - Throws: `ConfigurationError` in one line, with the line in the file where there is one.
func composeYAML(path: String) throws -> Node? {
  let bytes: [UInt8]
  do {
    bytes = try readRegularFile(path: path, limitInBytes: largestFile)
  } catch {
    throw ConfigurationError(
      path, error == .tooLarge ? "is larger than \(largestFile) bytes" : "cannot be read as a file")
  }
  guard let text = String(validating: bytes, as: UTF8.self), !text.contains("\0") else {
    throw ConfigurationError(path, "is not UTF-8 text")
  }
  try refuseAliases(text, path: path)
  do {
    return try Yams.compose(yaml: text)
  } catch let error as YamlError {
    throw ConfigurationError(path, line: error.line, error.reason)
  }
}

/// Aliases of aliases make a few lines stand for billions of values, and a flat list of options needs none.
///
/// An alias means nothing without its anchor, so text is refused only where something looks like each.
private func refuseAliases(_ text: String, path: String) throws {
  func lineWith(_ sign: Character) -> Int? {
    var before: Character = "\n"
    var found: Int?
    var line = 1
    for character in text + " " {
      if before == sign, let start = found {
        if !character.isWhitespace { return start }
        found = nil
      }
      if character == sign, before.isWhitespace || "[]{},:?\"'".contains(before) { found = line }
      if character.isNewline { line += 1 }
      before = character
    }
    return nil
  }
  if let line = lineWith("&"), lineWith("*") != nil {
    throw ConfigurationError(path, line: line, "anchors (&) and aliases (*) are not supported; write the value out")
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
      "\(keys.joined(separator: ", ")) is given twice"
    default:
      "is not valid YAML: " + "\(self)".split(whereSeparator: \.isNewline).joined(separator: " ")
    }
  }
}

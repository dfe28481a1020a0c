/// What stands out on a terminal: what is wrong, and titles. Nothing does in files and pipes, with NO_COLOR, and on a
/// terminal that knows no colours.
///
/// - Source: ECMA-48, §8.3.117 SGR; no-color.org.
enum Emphasis: String {
  case title = "1"
  case error = "1;31"
  case warning = "1;33"

  static func isAllowed(by environment: [String: String]) -> Bool {
    environment["TERM"] != "dumb" && (environment["NO_COLOR"] ?? "").isEmpty
  }

  func marked(_ text: String, if hasColour: Bool) -> String {
    hasColour && !text.isEmpty ? "\u{1b}[\(rawValue)m\(text)\u{1b}[0m" : text
  }

  /// Lines with what stands in their first columns marked.
  func marked(_ lines: String, columns: Int, if hasColour: Bool) -> String {
    guard hasColour else { return lines }
    return lines.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let title = line.prefix(columns)
      let word = title.split(separator: " ").joined(separator: " ")
      return marked(word, if: true) + title.dropFirst(word.count) + line.dropFirst(columns)
    }.joined(separator: "\n")
  }
}

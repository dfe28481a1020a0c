/// Why a configuration file is refused: one line that begins with the file, and the line in it where there is one.
public struct ConfigurationError: Error, CustomStringConvertible {
  public let path: String
  /// 1-based.
  public let line: Int?
  public let reason: String

  public init(_ path: String, line: Int? = nil, _ reason: String) {
    self.path = path
    self.line = line
    self.reason = reason
  }

  public var description: String { "\(path)\(line.map { ":\($0)" } ?? ""): \(reason)" }
}

/// `text` in quotes, safe to print: control characters are escaped, and a long text is cut.
public func printable(_ text: String) -> String {
  let limit = 80
  let start = String(text.unicodeScalars.prefix(limit)).debugDescription
  return text.unicodeScalars.count > limit ? start + "…" : start
}

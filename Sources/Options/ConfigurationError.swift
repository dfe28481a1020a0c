import Values

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

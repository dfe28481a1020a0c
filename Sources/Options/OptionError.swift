import Values

/// An option that cannot be used as it was given, or that goes with no other: one sentence that says which, why, and what
/// would be right.
public struct OptionError: Error, CustomStringConvertible, ExitCoded {
  public let description: String
  public let exitCode: Int32

  public init(_ description: String) {
    self.description = description
    exitCode = 1
  }

  /// Of a command line that is not understood: ends the program as the parser does.
  init(notUnderstood description: String) {
    self.description = "Error: " + description
    exitCode = 64
  }
}

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

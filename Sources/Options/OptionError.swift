import Values

/// An option that cannot be used as it was given, or that goes with no other: one sentence that says which, why, and what
/// would be right.
public struct OptionError: Error, CustomStringConvertible, ExitCoded {
  public let description: String
  /// As of a command line that the parser does not understand.
  public var exitCode: Int32 { 64 }

  public init(_ description: String) { self.description = description }
}

/// Why a configuration file is refused: one line that begins with the file, and the line in it where there is one.
public struct ConfigurationError: Error, CustomStringConvertible, ExitCoded {
  public let path: String
  /// 1-based.
  public let line: Int?
  public let reason: String
  /// 64 where an option in it is wrong, as on the command line; 1 where the file itself is.
  public let exitCode: Int32

  public init(_ path: String, line: Int? = nil, _ reason: String, code: Int32 = 1) {
    (self.path, self.line, self.reason, exitCode) = (path, line, reason, code)
  }

  public var description: String { "\(path)\(line.map { ":\($0)" } ?? ""): \(reason)" }
}

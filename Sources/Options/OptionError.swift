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

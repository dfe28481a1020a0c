import Options
import Values

extension Declared<String?> {
  /// Where a command that measures writes its results.
  static var json: Self { Declared("json", .file, help: "Write the results here as JSON; - is standard output.") }
}

/// - Throws: `OptionError` for a number that this job has no use for, though others have.
func require<Number>(_ number: Number, in range: OptionRange<Number>) throws {
  guard range.range.contains(number) else {
    throw OptionError(range.refusal(of: "\(number)", at: "--\(range.name)"))
  }
}

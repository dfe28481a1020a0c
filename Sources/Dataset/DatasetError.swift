import Files
import Values

/// Why a file of names could not be read or split. The description is one line: what, where, and what to do.
public enum DatasetError: Error, Equatable, Sendable {
  case unreadable(path: String, RegularFileError)
  case emptyFile(source: String)
  case noNames(source: String, skippedLines: Int)
  /// A NUL byte: `line` is 1-based, `byteOffset` 0-based.
  case binary(source: String, line: Int, byteOffset: Int)
  /// `line` is 1-based, `byteOffset` 0-based.
  case notUTF8(source: String, line: Int, byteOffset: Int)
  /// `character` is ready to print: the character where it has a shape, its U+XXXX code where it has none.
  case invalidCharacter(source: String, line: Int, character: String)
  case tooFewToSplit(source: String, count: Int)
  /// Each spelling has more copies than the evaluation set may hold.
  case copiesTooMany(source: String, count: Int, evaluationLimit: Int)
}

extension DatasetError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let path, let error): "\(path): \(error); \(Self.advice(error))"
    case .emptyFile(let source):
      "\(source): is empty; it must hold one name a line"
    case .noNames(let source, skippedLines: 0):
      "\(source): holds blank lines only; it must hold one name a line"
    case .noNames(let source, let skipped):
      "\(source): holds no valid name (lines skipped: \(skipped)); a name is letters a–z, one name a line"
    case .binary(let source, let line, let byteOffset):
      "\(source), line \(line): a NUL byte (at byte \(byteOffset)): not a text file, or UTF-16; save it as UTF-8 text"
    case .notUTF8(let source, let line, let byteOffset):
      "\(source), line \(line): not UTF-8 (at byte \(byteOffset)); convert the file to UTF-8"
    case .invalidCharacter(let source, let line, let character):
      "\(source), line \(line): \(character) is not a letter a–z; correct the line, "
        + "or leave such lines out with --skip-invalid"
    case .tooFewToSplit(let source, let count):
      "\(source): \(plural(count, "name")), and a tenth of that is no name to evaluate on; "
        + "pass at least 10 names, or train without evaluation"
    case .copiesTooMany(let source, let count, let limit):
      "\(source): each spelling among the \(count) names has more than \(limit) copies, and all copies must stay "
        + "together, so no name is left to evaluate on; remove copies, or train without evaluation"
    }
  }

  /// What to do about a file of names that cannot be read.
  private static func advice(_ error: RegularFileError) -> String {
    switch error {
    case .notFound: "check the path (the names of the package itself are in data/names.txt)"
    case .isDirectory: "name a text file in it, with one name per line"
    case .isSpecial: "save the names to a text file and name that, or hand them to --data -"
    case .isTerminal: "hand names to it (--data - < FILE, or by a pipe), or name their file with --data"
    case .tooLarge: "pass a smaller list of names"
    case .system: "check the file and its permissions"
    }
  }
}

extension DatasetError {
  init(_ error: RegularFileError, path: String) { self = .unreadable(path: path, error) }
}

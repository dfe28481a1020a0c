import Foundation

/// Why there is no result of a run. A program that ends with an error is a result.
public enum MPIRunError: Error, CustomStringConvertible {
  /// The program is not beside the tests: the test target must depend on it.
  case notBuilt(program: String, directory: String)
  /// The command is not on the path.
  case notInstalled(program: String)
  /// It ran past its time and was killed; `partial` has what it had written.
  case timedOut(command: String, partial: RunResult)
  /// What a test waited for in a running job did not come.
  case neverHappened(String)
  /// A system call failed.
  case system(String, Int32)

  public var description: String {
    switch self {
    case .notBuilt(let program, let directory): "there is no \(program) in \(directory)"
    case .notInstalled(let program): "there is no \(program) on the path"
    case .timedOut(let command, let partial): "timed out: \(command)\n\(partial)"
    case .neverHappened(let what): "waited in vain until \(what)"
    case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
    }
  }
}

/// How a program ended, and what it said.
public struct RunResult: Sendable, CustomStringConvertible {
  /// The exit code; 128 + the signal's number if a signal ended it.
  public let exitCode: Int32

  /// All of its standard output. Lines of different ranks come in any order.
  public let stdout: String

  /// All of its standard error, where `mpirun` adds words of its own.
  public let stderr: String

  /// From its start to its end, without the wait for other jobs to end.
  public let elapsed: Duration

  public init(exitCode: Int32, stdout: String, stderr: String, elapsed: Duration) {
    (self.exitCode, self.stdout, self.stderr, self.elapsed) = (exitCode, stdout, stderr, elapsed)
  }

  public var description: String {
    "exit code \(exitCode) after \(elapsed)\n--- stdout\n\(stdout)\n--- stderr\n\(stderr)"
  }
}

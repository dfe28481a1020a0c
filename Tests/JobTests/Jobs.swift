import Foundation
import MPIRunSupport
import Testing

/// Real jobs of the program, as a user starts them. One runs at a time: on few cores they would slow each other by
/// orders of magnitude.
@Suite("jobs", .serialized) enum Jobs {}

/// How a test starts the program: by hand, or on a number of ranks.
enum Start: Sendable, CustomStringConvertible {
  case alone
  case ranks(Int)

  static let both: [Start] = [.alone, .ranks(2)]

  var description: String {
    switch self {
    case .alone: "alone"
    case .ranks(let count): "np \(count)"
    }
  }
}

/// When a rank has failed mpirun gives the others a second to end. Tests of failures need not wait for it.
let withoutGrace = ["--mca", "odls_base_sigkill_timeout", "0"]

/// Runs the program with these arguments.
///
/// - Parameter options: mpirun's own.
func ddpTrain(
  _ start: Start, _ arguments: [String], options: [String] = withoutGrace, folder: String? = nil,
  timeout: Duration = .seconds(90), meanwhile: (RunningJob) throws -> Void = { _ in }
) throws -> RunResult {
  switch start {
  case .alone:
    try MPIRun.runAlone("ddp-train", arguments, folder: folder, timeout: timeout, meanwhile: meanwhile)
  case .ranks(let count):
    try MPIRun(ranks: count, options: options, folder: folder)
      .run("ddp-train", arguments, timeout: timeout, meanwhile: meanwhile)
  }
}

extension RunResult {
  /// Lines of standard output without the empty one behind the last line break.
  var lines: [String] {
    var lines = stdout.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  /// What the program itself has to say against the run. mpirun adds words of its own.
  var errors: [String] {
    stderr.split(separator: "\n").map(String.init).filter { $0.hasPrefix("ddp-train: error: ") }
  }

  /// The header's or the summary's line of this title: "loss", "run", …
  func line(_ title: String) -> String? {
    lines.first { $0.hasPrefix(title + " ") }.map { $0.dropFirst(title.count).trimmingPrefix(while: \.isWhitespace) }
      .map(String.init)
  }
}

/// The run ended with this one message, said once, and this exit code: 64 for a wrong argument, 1 for all else.
func expectFailure(
  _ result: RunResult, saying message: String, code: Int32 = 1, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(result.exitCode == code, "\(result)", sourceLocation: sourceLocation)
  #expect(result.errors.count == 1, "\(result)", sourceLocation: sourceLocation)
  #expect(result.errors.first?.contains(message) == true, "\(message)\n\(result)", sourceLocation: sourceLocation)
  let mentions = result.stderr.components(separatedBy: message).count - 1
  #expect(mentions == 1, "\(result)", sourceLocation: sourceLocation)
  #expect(!result.stdout.contains(message), "\(result)", sourceLocation: sourceLocation)
}

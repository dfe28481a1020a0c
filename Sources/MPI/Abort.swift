internal import CMPI
import Glibc
import Values

extension Environment {
  /// Ends every process of the job now, whatever it waits for.
  ///
  /// - Parameter code: the exit code `mpirun` will report. One outside 1…255 becomes 1, because the system
  ///   keeps 8 bits and a failed job must never look like a success.
  /// - Source: MPI 3.1, §8.7 MPI_Abort.
  public static func abort(code: Int32) -> Never {
    let code = (1...255).contains(code) ? code : 1
    if isRunning() { MPI_Abort(cmpi_comm_world(), code) }
    exit(code)
  }

  /// Says in one line on standard error which rank failed, where and why, then ends the job.
  ///
  /// The line reads `ddp-train: rank 1 on nodeB: the reason`. It is one write(2), past every buffer, so that
  /// lines of several ranks do not mix and none is lost in the abort.
  ///
  /// - Parameters:
  ///   - error: its description is the reason; line breaks in it become ` / `.
  ///   - code: as in ``abort(code:)``.
  ///   - program: the first word of the line.
  public static func abort(because error: any Error, code: Int32 = 1, program: String = "ddp-train") -> Never {
    let rank = worldRankIfRunning().map { "rank \($0)" } ?? "no rank"
    let reason = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " / ")
    writeLine("\(program): \(rank) on \(processorName): \(reason)")
    abort(code: code)
  }

  /// Runs a program's body between init and finalize, on every rank.
  ///
  /// A rank whose body throws prints who it is and aborts the job, so that no other rank waits for it for
  /// ever: this function then does not return. It returns only when every rank has ended well.
  ///
  /// - Parameters:
  ///   - required: the thread level asked for.
  ///   - code: the job's exit code when a body throws.
  ///   - program: the first word of the line about the failure.
  ///   - body: the program. Communicators and windows made in it must be freed in it.
  public static func run(
    requiring required: ThreadLevel = .funneled, failureCode code: Int32 = 1, program: String = "ddp-train",
    _ body: (borrowing Environment) throws -> Void
  ) {
    do {
      let environment = try Environment(requiring: required)
      do {
        try body(environment)
      } catch {
        environment.fail(because: error, code: code, program: program)
      }
      try environment.finalize()
    } catch {
      abort(because: error, code: code, program: program)
    }
  }
}

extension Environment {
  /// Aborts without being dropped first: the deinit would finalise a world of one rank, which would then no
  /// longer know its rank.
  private consuming func fail(because error: any Error, code: Int32, program: String) -> Never {
    discard self
    Environment.abort(because: error, code: code, program: program)
  }
}

/// One line to standard error in one write(2). Shortened below PIPE_BUF, up to which a pipe keeps a write whole.
private func writeLine(_ text: String) {
  let longest = 4000
  var bytes = Array(escaped(text).utf8.prefix(longest))
  bytes.append(UInt8(ascii: "\n"))
  bytes.withUnsafeBytes { line in
    while write(STDERR_FILENO, line.baseAddress, line.count) < 0, errno == EINTR {}
  }
}

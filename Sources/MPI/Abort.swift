internal import CMPI
import Glibc
import Values

extension Environment {
  /// Says in one line on standard error which rank failed, where and why, then ends every process of the job with code
  /// 1, whatever it waits for.
  ///
  /// The line reads `ddp-train: rank 1 on nodeB: the reason`. It is one write(2), past every buffer, so that
  /// lines of several ranks do not mix and none is lost in the abort.
  ///
  /// - Parameter error: its description is the reason; line breaks in it become ` / `.
  /// - Source: MPI 3.1, §8.7 MPI_Abort.
  public static func abort(because error: any Error) -> Never {
    let rank = worldRankIfRunning().map { "rank \($0)" } ?? "no rank"
    let reason = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " / ")
    writeLine("ddp-train: \(rank) on \(processorName): \(reason)")
    if isRunning() {
      // Of a rank that ends the job Open MPI 5 may throw away what it has not read yet of its output.
      if libraryVersion.hasPrefix("Open MPI v5") { usleep(100_000) }
      MPI_Abort(cmpi_comm_world(), 1)
    }
    exit(1)
  }
}

/// One line to standard error in one write(2). Shortened below PIPE_BUF, up to which a pipe keeps a write whole.
private func writeLine(_ text: String) {
  let longest = 4000
  var bytes = Array((LineClearing.start + escaped(text)).utf8.prefix(longest))
  bytes.append(UInt8(ascii: "\n"))
  bytes.withUnsafeBytes { line in
    while write(STDERR_FILENO, line.baseAddress, line.count) < 0, errno == EINTR {}
  }
}

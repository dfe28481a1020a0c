import Foundation

/// A job while it runs, for tests that disturb it.
public struct RunningJob: Sendable {
  /// Of mpirun, or of the program where it was started by hand. Also the number of its process group.
  public let processID: pid_t

  /// Sends a signal to that process alone.
  public func signal(_ number: Int32) { kill(processID, number) }

  /// Sends a signal to its whole group, as a terminal does at Ctrl-C.
  public func signalGroup(_ number: Int32) { kill(-processID, number) }

  /// The processes that it started itself: mpirun's ranks on this host.
  public var children: [pid_t] {
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return processes.compactMap { pid_t($0) }.filter { parent(of: $0) == processID }.sorted()
  }

  /// Waits until `condition` holds.
  ///
  /// - Throws: ``MPIRunError/neverHappened(_:)`` after `timeout`.
  public func wait(
    until what: String, timeout: Duration = .seconds(30), _ condition: () throws -> Bool
  ) throws {
    let deadline = ContinuousClock.now.advanced(by: timeout)
    while try !condition() {
      guard ContinuousClock.now < deadline else { throw MPIRunError.neverHappened(what) }
      usleep(10_000)
    }
  }

  /// Whether a process, this one where none is named, has a handler for a signal. Before its first instruction it has none.
  public func handles(_ number: Int32, in process: pid_t? = nil) -> Bool {
    guard let status = FileManager.default.contents(atPath: "/proc/\(process ?? processID)/status") else {
      return false
    }
    let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
    guard let digits = line?.split(whereSeparator: \.isWhitespace).last, let mask = UInt64(digits, radix: 16) else {
      return false
    }
    return mask >> UInt64(number - 1) & 1 == 1
  }

  /// The fourth field of /proc/PID/stat; the second is a name in parentheses that may hold anything.
  private func parent(of process: pid_t) -> pid_t? {
    guard let stat = FileManager.default.contents(atPath: "/proc/\(process)/stat"),
      let fields = String(decoding: stat, as: UTF8.self).split(separator: ")").last?.split(separator: " "),
      fields.count > 1
    else { return nil }
    return pid_t(fields[1])
  }
}

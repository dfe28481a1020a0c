import CHost
import Glibc
import Synchronization

/// From now on no signal that asks for an end ends this process: it waits for `JobRunner`.
public func holdSignals() { SignalIntake.hold() }

/// The signals that ask this process to end, taken one after another by a thread that waits for nothing else.
///
/// By handlers, whatever a thread's mask is: libdispatch gives some of its threads masks of their own.
enum SignalIntake {
  /// Whoever sends one of these wants an orderly end, as of a rank. Their default would end this process, and leave the job alone.
  private static let requests = (1...cstop_last_signal()).filter { cstop_meaning_of($0) == CSTOP_REQUEST }

  /// Where handlers write numbers, and where they are read.
  private static let reading = Atomic<CInt>(-1)
  private static let writing = Atomic<CInt>(-1)

  /// A request that is ignored, as SIGHUP is under nohup and SIGINT in the background of a script, stays so. A write to a pipe
  /// without a reader, beyond a limit on a file's size, or to a terminal from the background, fails or works, and ends or stops
  /// nothing.
  static func hold() {
    var pair: [CInt] = [-1, -1]
    guard pipe(&pair) == 0 else { return }
    for end in pair { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(pair[1], F_SETFL, O_NONBLOCK)
    reading.store(pair[0], ordering: .sequentiallyConsistent)
    writing.store(pair[1], ordering: .sequentiallyConsistent)
    for number in requests {
      var before = sigaction()
      sigaction(number, nil, &before)
      if before.__sigaction_handler.sa_handler.map({ unsafeBitCast($0, to: Int.self) }) == ignoring { continue }
      var taking = sigaction()
      taking.__sigaction_handler.sa_handler = { number in
        let kept = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(SignalIntake.writing.load(ordering: .relaxed), &byte, 1)
        errno = kept
      }
      taking.sa_flags = CInt(SA_RESTART)
      sigaction(number, &taking, nil)
    }
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    signal(SIGTTOU, SIG_IGN)
  }

  private static let ignoring = unsafeBitCast(SIG_IGN, to: Int.self)

  /// - Parameter take: gets each signal's number, also of those that came since `hold`.
  static func start(_ take: @escaping @Sendable (CInt) -> Void) {
    let reading = reading.load(ordering: .sequentiallyConsistent)
    guard reading >= 0 else { return }
    _ = SignalFreeThread {
      var byte: UInt8 = 0
      while true {
        let count = read(reading, &byte, 1)
        if count == 1 { take(CInt(byte)) } else if count == 0 || errno != EINTR { return }
      }
    }
  }
}

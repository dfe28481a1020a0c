import Glibc

/// From now on no signal that asks for an end ends this process: it waits for `JobRunner`. To be called before any thread is
/// started.
public func holdSignals() { SignalIntake.hold() }

/// The signals that ask this process to end, taken one after another by a thread that waits for nothing else.
struct SignalIntake {
  /// Whoever sends one of these wants an orderly end. Their default would end this process, and leave the job alone.
  private static let requests = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU, SIGPWR]

  /// From now on no such signal ends the process: it waits until somebody takes it. To be called before any thread is started.
  /// A write to a pipe without a reader fails, and ends nothing.
  static func hold() {
    var set = requestSet()
    pthread_sigmask(SIG_BLOCK, &set, nil)
    signal(SIGPIPE, SIG_IGN)
    // A stop of a background job's write to its terminal would stop the supervision too.
    signal(SIGTTOU, SIG_IGN)
  }

  /// - Parameter take: gets each signal's number.
  static func start(_ take: @escaping @Sendable (CInt) -> Void) {
    _ = SignalFreeThread {
      var set = requestSet()
      var number: CInt = 0
      while true {
        if sigwait(&set, &number) == 0 { take(number) }
      }
    }
  }

  private static func requestSet() -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for number in requests { sigaddset(&set, number) }
    return set
  }
}

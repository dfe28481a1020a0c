/// What mpirun's exit codes mean.
enum ExitCodes {
  static let usage: Int32 = 64
  static let configuration: Int32 = 78
  /// What mpirun ends with when one of its daemons no longer answers.
  static let hostLost: Int32 = 205
  static let stopped: Int32 = 130
  static let killed: Int32 = 128 + 9
  /// Of an mpirun that was asked to stop before it could hand that on.
  static let stoppedBeforeStart: Int32 = 128 + 10

  static func explain(_ code: Int32) -> String {
    switch code {
    case killed: "a rank, or mpirun itself, was killed"
    case 139: "a rank crashed"
    case hostLost: "the connection to a host was lost"
    default: signals[code &- 128].map { "a rank, or mpirun itself, was ended by \($0)" } ?? "see above"
    }
  }

  /// Those of Linux that end a process and that others may send, or a rank gets for what it does.
  private static let signals: [Int32: String] = [
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
    10: "SIGUSR1", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM", 24: "SIGXCPU", 25: "SIGXFSZ",
    31: "SIGSYS",
  ]
}

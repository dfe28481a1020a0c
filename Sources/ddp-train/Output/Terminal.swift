import Foundation
import MPI

/// The terminal that shows what this process writes to standard error.
struct Terminal {
  let descriptor: Int32
  /// Whether it is standard error itself, and not where mpirun takes what ranks write.
  var isDirect: Bool { descriptor == STDERR_FILENO }

  /// The path of the terminal that shows what mpirun's ranks write, where a script of `launch` stands between.
  static let variable = "DDP_TRAIN_TERMINAL"

  /// Ranks have pipes to mpirun. Its own standard error is the terminal, or a script says which one.
  ///
  /// - Returns: nil where none is found, and for one that cannot clear a line.
  static func find(
    _ launch: Launch = .current, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> Terminal? {
    guard environment["TERM"] != "dumb" else { return nil }
    if isatty(STDERR_FILENO) == 1 { return Terminal(descriptor: STDERR_FILENO) }
    guard case .task(_, _, .mpirun) = launch else { return nil }
    let said = environment[variable].flatMap { $0.hasPrefix("/dev/") ? $0 : nil }
    return open(parents(STDERR_FILENO)) ?? said.flatMap { open($0) }
  }

  /// Whether what this process prints is shown on a terminal. A rank's own standard output is one of mpirun's making.
  static func showsStandardOutput(_ launch: Launch = .current) -> Bool {
    guard case .task(_, _, .mpirun) = launch else { return isatty(STDOUT_FILENO) == 1 }
    guard let terminal = open(parents(STDOUT_FILENO)) else { return false }
    close(terminal.descriptor)
    return true
  }

  /// Columns now: it may have been resized. Where the terminal does not tell, what COLUMNS says, or 80.
  static func columns(of descriptor: Int32) -> Int {
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    let said = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 0
    return said > 0 ? said : 80
  }

  private static func parents(_ descriptor: Int32) -> String { "/proc/\(getppid())/fd/\(descriptor)" }

  private static func open(_ path: String) -> Terminal? {
    let descriptor = Glibc.open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    guard isatty(descriptor) == 1 else {
      close(descriptor)
      return nil
    }
    return Terminal(descriptor: descriptor)
  }
}

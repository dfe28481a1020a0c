import Files
import Foundation
import Launch
import Values

/// Where the programs are that a job is made of.
enum Programs {
  /// This one: the file itself, whatever links lead to it.
  static let own: String = realPath("/proc/self/exe") ?? CommandLine.arguments[0]

  /// The words that bind a rank to its core, before the program.
  static let binder = [own, "bind"]

  /// - Parameter named: by the user; nil for the one beside this file.
  static func trainer(_ named: String?) throws(Refusal) -> String {
    let path = named ?? "\(folder(of: own))/ddp-train"
    var status = stat()
    guard let real = realPath(path), access(real, X_OK) == 0, stat(real, &status) == 0,
      status.st_mode & S_IFMT == S_IFREG
    else {
      throw Refusal(
        "there is no program \(escaped(path)): build it (swift build -c release --product ddp-train)",
        code: exitUnavailable)
    }
    return real
  }

  static let environment = ProcessInfo.processInfo.environment

  static func mpirun() throws(Refusal) -> MPILauncher {
    guard let launcher = MPILauncher(environment: environment) else {
      throw Refusal(
        "there is no Open MPI mpirun in PATH: apt-get install -y openmpi-bin, or load your system's module",
        code: exitUnavailable)
    }
    return launcher
  }

  /// Words that start a command with SIGTERM blocked: coreutils 8.31. None where there is no such command.
  static var shield: [String] {
    system("env --block-signal=TERM true 2>/dev/null") == 0 ? ["env", "--block-signal=TERM"] : []
  }

  private static func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}

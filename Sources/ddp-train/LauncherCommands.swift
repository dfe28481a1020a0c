import Files
import Glibc
import Launch
import MPI
import Values

/// Commands of ddp-launch, which this process becomes: they start jobs, and need no MPI themselves.
enum LauncherCommands {
  static let names = ["supervise", "cluster"]

  /// Returns where the command is another one.
  ///
  /// - Parameter words: of the command line, without the program's name.
  static func become(_ words: [String]) {
    guard let command = words.first, names.contains(command) else { return }
    guard Launch.current == .alone else {
      refuse("\(command) starts mpirun by itself: call it without a launcher", code: 64)
    }
    let own = linkText("/proc/self/exe") ?? CommandLine.arguments[0]
    let path = "\(folder(of: own))/ddp-launch"
    let reason = becomeProgram([path] + words)
    refuse(
      "\(escaped(path)) cannot be started: \(reason); build it (swift build -c release --product ddp-launch)", code: 69)
  }

  private static func refuse(_ reason: String, code: Int32) -> Never {
    writeToStandardError(.error, "error", reason)
    exit(code)
  }
}

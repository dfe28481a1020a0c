import ArgumentParser
import Glibc
import Launch
import Values

/// Starts jobs of ddp-train, and sees to it that they end well.
struct DDPLaunch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ddp-launch",
    abstract: "Starts jobs of ddp-train, and sees to it that they end well. Needs no MPI itself.",
    discussion: """
      Exit codes: the job's own; 130 stopped by a signal, with a checkpoint; 64 wrong arguments; 69 something is missing, \
      or a host does not pass its checks.
      """,
    subcommands: [
      Run.self, Supervise.self, Cluster.self, Line.self, Cores.self, Bind.self, Inventory.self, Guard.self, Sweep.self,
    ])
}

/// A command that starts a job. No signal may end it and leave the job alone.
protocol JobStarting: AsyncParsableCommand {}

@main
enum Main {
  /// On the main thread, before there is another: threads begin with the signals held that it holds.
  @MainActor
  static func main() async {
    let words = Array(CommandLine.arguments.dropFirst())
    do {
      var command = try DDPLaunch.parseAsRoot(words)
      if command is any JobStarting { holdSignals() }
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let refusal as Refusal {
      refusal.lines.forEach(say)
      exit(refusal.code)
    } catch {
      let code = DDPLaunch.exitCode(for: error).rawValue
      guard code != 0, let text = oneLine(DDPLaunch.message(for: error)) else { DDPLaunch.exit(withError: error) }
      let command = words.first.flatMap { $0.hasPrefix("-") ? nil : " \($0)" } ?? ""
      say("\(text); ddp-launch\(command) --help")
      exit(code)
    }
  }

  private static func oneLine(_ message: String) -> String? {
    let text = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    return text.isEmpty ? nil : text.last == "." ? String(text.dropLast()) : text
  }
}

/// Why a command does nothing: lines, and an exit code.
struct Refusal: Error {
  let lines: [String]
  let code: Int32

  init(_ line: String, code: Int32 = exitUsage) { (lines, self.code) = ([line], code) }
  init(_ error: JobSiteError) { (lines, code) = (error.lines, error.code) }
}

/// One line on standard error. Where a rank draws its progress on the same terminal that is cleared before.
func say(_ line: String) {
  let clear = isatty(STDERR_FILENO) == 1 ? "\r\u{1b}[K" : ""
  let bytes = Array("\(clear)launch: \(line)\n".utf8)
  _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

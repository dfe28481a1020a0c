import ArgumentParser
import Glibc
import Launch
import Values

/// Starts jobs of ddp-train, and watches over them until they have ended.
struct DDPLaunch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ddp-launch",
    abstract:
      "Starts jobs of ddp-train on this machine or on several hosts, and watches over them until they have ended.",
    discussion: """
      It calls Open MPI's mpirun, version 4 or 5, with one rank on each physical core unless it is told otherwise. The options \
      of ddp-train come after --.

      Exit codes: 0 the job has finished, and its rank 0 has said so; 1 it ended without that word, whatever mpirun says; 64 \
      wrong arguments; 69 something is missing, or a host does not pass the checks; 130 stopped by a signal, with a \
      checkpoint where the job keeps them; otherwise the job's own: that of the first rank that failed, or 128 and the number \
      of the signal that ended it.
      """,
    version: packageVersion,
    subcommands: [
      Run.self, Supervise.self, Cluster.self, Line.self, Doctor.self, Cores.self, Bind.self, Inventory.self, Guard.self,
      Sweep.self,
    ])
}

extension ParsableCommand {
  /// Whether options of ddp-train follow its own.
  fileprivate static var takesProgramWords: Bool {
    self is any JobStarting.Type || self == Line.self || self == Doctor.self
  }
}

/// A command that starts a job. No signal may end it and leave the job alone.
protocol JobStarting: AsyncParsableCommand {}

@main
enum Main {
  static func main() async {
    keepStandardDescriptors()
    var words = Array(CommandLine.arguments.dropFirst())
    // All of its words are the program's.
    if words == ["bind", "--help"] || words == ["bind", "-h"] { words = ["help", "bind"] }
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
      let command = command(words)
      let isUnknown = text.hasPrefix("Unknown option") || text.hasPrefix("Unexpected argument")
      let advice = isUnknown && command?.takesProgramWords == true ? " (ddp-train's own come after --)" : ""
      say("\(text)\(advice); ddp-launch \(command.map { $0._commandName + " " } ?? "")--help")
      exit(code)
    }
  }

  /// Where the caller has closed one of the three, nothing else gets its number: what a job prints would go into this program's own
  /// pipes. Reading finds the end then, and writing fails.
  private static func keepStandardDescriptors() {
    var number = open("/dev/null", O_RDONLY)
    while 0...2 ~= number { number = open("/dev/null", O_RDONLY) }
    if number > 2 { close(number) }
  }

  /// The command that these words call; nil where there is no such command.
  private static func command(_ words: [String]) -> (any ParsableCommand.Type)? {
    DDPLaunch.configuration.subcommands.first { $0._commandName == words.first }
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

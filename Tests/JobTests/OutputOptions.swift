import Foundation
import MPIRunSupport
import Testing

/// An option that names a file or a folder which its command writes.
struct OutputOption: Sendable, CustomStringConvertible {
  var command: String
  var option: String
  var start = Start.alone
  /// What makes the command quick, and what would make it take hours.
  var quick, slow: [String]
  /// Where a folder is named: a file that is written there.
  var fileInFolder: String?

  var description: String { "\(command) \(option)\(start.description == "alone" ? "" : ", \(start)")" }
  var isOfTraining: Bool { ["train", "generate"].contains(command) }
  /// Reports that the command takes, before its options.
  var inputs: Int { ["report": 1, "compare": 2][command] ?? 0 }
  var needsGnuplot: Bool { fileInFolder != nil }

  private static let narrow = ["--d-model", "16"]
  private static let measuring = ["--seconds", "0.01"] + narrow
  private static let predicting = ["--seconds", "0.001", "--batch", "16", "--up-to", "64"] + narrow
  private static let scaling = measuring + ["--mode", "strong", "--sync", "allreduce"]
  private static let racing = narrow + ["--batch", "64", "--target", "2.6", "--no-table", "--limit", "1s"]
  private static let sweeping =
    narrow + ["--batch", "16", "--learning-rate", "0.01", "--progress", "never"]
  private static let hours = ["--seconds", "3600"]
  private static let training = narrow + ["--steps", "10", "--progress", "never"]
  private static let days = ["--steps", "1000000000", "--progress", "never"]

  static let all: [OutputOption] = [
    OutputOption(command: "doctor", option: "--bundle", quick: [], slow: []),
    OutputOption(command: "bench", option: "--json", quick: measuring, slow: hours),
    OutputOption(
      command: "bench", option: "--json", start: .ranks(2), quick: measuring + ["--sync"], slow: hours + ["--sync"]),
    OutputOption(
      command: "ceiling", option: "--json",
      quick: ["--d-model", "16", "--batch", "16", "--ranks", "2", "--steps", "1"],
      slow: ["--d-model", "16", "--batch", "16", "--ranks", "2", "--steps", "1000000"]),
    OutputOption(command: "ladder", option: "--json", quick: measuring, slow: hours),
    OutputOption(command: "predict", option: "--json", quick: predicting, slow: hours),
    OutputOption(command: "scaling", option: "--json", quick: scaling, slow: hours),
    OutputOption(command: "race", option: "--json", quick: racing, slow: ["--target", "1.9"]),
    OutputOption(
      command: "sweep", option: "--json", quick: sweeping + ["--steps", "10"],
      slow: sweeping + ["--steps", "1000000000"]),
    OutputOption(
      command: "sweep", option: "--report", quick: sweeping + ["--steps", "10"],
      slow: sweeping + ["--steps", "1000000000"], fileInFolder: "sweep.csv"),
    OutputOption(command: "scaling", option: "--csv", quick: scaling, slow: hours),
    OutputOption(command: "scaling", option: "--report", quick: scaling, slow: hours, fileInFolder: "scaling.csv"),
    OutputOption(command: "report", option: "--report", quick: [], slow: [], fileInFolder: "scaling.csv"),
    OutputOption(command: "compare", option: "--json", quick: [], slow: []),
    OutputOption(command: "train", option: "--metrics", quick: training, slow: days),
    OutputOption(command: "train", option: "--metrics", start: .ranks(2), quick: training, slow: days),
    OutputOption(command: "train", option: "--trace", quick: training, slow: days),
    OutputOption(command: "generate", option: "--json", quick: training, slow: days),
    OutputOption(command: "generate", option: "--metrics", quick: training, slow: days),
    OutputOption(command: "generate", option: "--trace", quick: training, slow: days),
  ]

  /// Options that name what their command reads, or keeps in a way of its own. A race takes seconds, and a lesson a
  /// minute: their pages are written as a sweep's is. What `ranks` is asked about has all options of a run, and it writes nothing. `verify` needs a run's folder,
  /// and writes what it found at its end as `compare` does.
  static let others: Set = [
    "--config", "--from", "--data", "--init-from", "--model", "--checkpoint-dir", "--calibration", "--results",
    "--ceiling",
    "race --report", "lesson --report",
    "ranks --metrics", "ranks --trace",
    "verify --metrics", "verify --json",
  ]

  /// Options of the program whose value is called a file or a folder, as "command --option".
  static func namedByProgram() throws -> Set<String> {
    struct Help: Decodable {
      struct Command: Decodable {
        var commandName: String
        var subcommands: [Command]?
        var arguments: [Argument]?
      }
      struct Argument: Decodable {
        struct Name: Decodable { var kind, name: String }
        var kind: String
        var names: [Name]?
        var valueName: String?
      }
      var command: Command
    }
    let text = try MPIRun.runAlone("ddp-train", ["--experimental-dump-help"]).stdout
    let help = try JSONDecoder().decode(Help.self, from: Data(text.utf8))
    let words = ["file", "files", "folder", "path", "directory"]
    let options = (help.command.subcommands ?? []).flatMap { command in
      (command.arguments ?? []).filter { $0.kind == "option" && words.contains($0.valueName ?? "") }
        .flatMap { $0.names ?? [] }.map { "\(command.commandName) --\($0.name)" }
    }
    return Set(options)
  }
}

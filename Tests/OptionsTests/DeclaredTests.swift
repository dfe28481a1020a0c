import ArgumentParser
import TestSupport
import Testing
import Values

@testable import Options

private enum Colour: String, CaseIterable { case red, green }

private struct Pace: WrittenValue, CustomStringConvertible, Equatable {
  static let words = "N/s"
  var description: String { "\(count)/s" }
  let count: Int
  init?(written text: String) {
    guard text.hasSuffix("/s"), let count = Int(text.dropLast(2)) else { return nil }
    self.count = count
  }
}

/// One option of each kind.
private struct Table: OptionTable {
  let warmth = Declared(OptionRange("warmth", 0...9, unit: "degrees"), default: 3, .run, help: "How warm.")
  let cap = Declared(OptionRange("cap", 1...5), otherwise: "no cap", .bits, help: "The cap.")
  let sizes = Declared(each: OptionRange("sizes", 1...9), default: [1, 2], help: "Sizes.")
  let colour = Declared("colour", default: Colour.red, help: "The colour.")
  let pace = Declared("pace", Pace.self, otherwise: nil, .own, as: "pace", inFile: false, help: "The pace.")
  let file = Declared<String?>("file", .file, help: "A file.")
  let fast = Declared("fast", default: true, help: "Be fast.")
  let inner = Inner()
}

private struct Inner: OptionTable {
  let depth = Declared(OptionRange("depth", 0.5...2), default: 1, .run, help: "How deep.")
}

private struct Command: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "try")
  @OptionGroup var options: CommandLineOptions<Table>
}

@Suite("options declared in a table")
struct DeclaredTests {
  /// - Parameter file: the text of a configuration file; nil for none.
  private func values(_ words: String..., file: String? = nil) throws -> OptionValues<Table> {
    let folder = try TemporaryFolder()
    let options = try CommandLineOptions<Table>.parse(words)
    return try options.values(
      file.map { try OptionFile(path: folder.file("run.yaml", $0), options: Table().declarations) })
  }

  @Test("each option has its default where nobody says anything")
  func defaults() throws {
    let values = try values()
    #expect(values.warmth == 3 && values.cap == nil && values.sizes == [1, 2] && values.colour == .red)
    #expect(values.pace == nil && values.file == nil && values.fast && values.inner.depth == 1)
    #expect(values.chosen.isEmpty && !values.isGiven(\.warmth))
  }

  @Test("flags give each kind its value, and say so")
  func flags() throws {
    let values = try values(
      "--warmth", "7", "--sizes", "3", "9", "--colour", "green", "--pace", "5/s", "--file", "a b", "--no-fast",
      "--depth", "2e0", "--cap", "5")
    #expect(values.warmth == 7 && values.cap == 5 && values.sizes == [3, 9] && values.colour == .green)
    #expect(values.pace == Pace(written: "5/s") && values.file == "a b" && !values.fast && values.inner.depth == 2)
    #expect(values.chosen.first == "warmth 7 (flag)" && values.chosen.contains("sizes 3 9 (flag)"))
    #expect(values.isGiven(\.warmth) && values.firstGiven(except: ["warmth", "cap"]) == "sizes")
  }

  @Test("a file gives what no flag gives; its paths count from its folder")
  func file() throws {
    let values = try values("--warmth", "7", file: "warmth: 8\nfast: off\nfile: names\ndepth: 0.5\n")
    #expect(values.warmth == 7 && !values.fast && values.inner.depth == 0.5)
    #expect(values.file?.hasSuffix("/names") == true && values.file?.hasPrefix("/") == true)
  }

  @Test(
    "a wrong value is one sentence that names the option and the range",
    arguments: [
      (["--warmth", "10"], "--warmth \"10\" is not a whole number from 0 to 9 degrees"),
      (["--warmth", "hot"], "--warmth \"hot\" is not a whole number from 0 to 9 degrees"),
      (["--colour", "blue"], "--colour \"blue\" is not one of red, green"),
      (["--colour", "gren"], "--colour \"gren\" is not one of red, green; did you mean green?"),
      (["--pace", "5"], "--pace \"5\" is not N/s"),
      (["--sizes", "1", "10"], "--sizes \"10\" is not a whole number from 1 to 9"),
    ])
  func wrongFlag(words: [String], message: String) throws {
    let options = try CommandLineOptions<Table>.parse(words)
    let error = #expect(throws: OptionError.self) { try options.values() }
    #expect(error?.description == message && error?.exitCode == 64)
  }

  @Test(
    "a wrong value in a file names file and line, also where a flag wins",
    arguments: [
      ("fast: yes\nwarmth: 10\n", "run.yaml:2: warmth: \"10\" is not a whole number from 0 to 9 degrees"),
      ("fast: maybe\n", "run.yaml:1: fast: \"maybe\" is not true or false"),
      ("caps: 5\n", "run.yaml:1: unknown key \"caps\"; did you mean \"cap\"?"),
    ])
  func wrongInFile(text: String, message: String) {
    let error = #expect(throws: ConfigurationError.self) { try values("--warmth", "1", file: text) }
    #expect(error?.description.hasSuffix(message) == true, "\(error?.description ?? "")")
    #expect(error?.exitCode == 64)
  }

  @Test("help shows the range and the default of each")
  func help() {
    let help = Command.helpMessage(columns: 500)
    for line in [
      "How warm. (0 to 9; default: 3)", "The cap. (1 to 5; default: no cap)", "Sizes. (1 to 9; default: 1 2)",
      "The colour. (red, green; default: red)", "Be fast. (default: --fast)", "How deep. (0.5 to 2; default: 1.0)",
    ] { #expect(help.contains(line), "\(line) in \(help)") }
  }

  @Test("completion knows each flag, and the words of a choice")
  func completion() {
    let script = Command.completionScript(for: .bash)
    for word in ["--warmth", "--no-fast", "--depth", "red", "green"] { #expect(script.contains(word)) }
  }

  @Test("ranks agree on all but what is each one's own, and on whether there is a path")
  func agreement() throws {
    let fields = try values("--file", "x", "--pace", "1/s").agreement
    #expect(fields.map(\.name) == ["warmth", "cap", "sizes", "colour", "file", "fast", "depth"])
    #expect(fields.first { $0.name == "file" }?.value == "a file")
    #expect(try values().agreement.first { $0.name == "file" }?.value == "no file")
  }

  @Test("a run's identity has its own parts only, with what was settled later")
  func identity() throws {
    var values = try values("--warmth", "4")
    values.settle(\.inner.depth, 2)
    let texts = values.texts(of: [.run]).map { "\($0.name) \($0.value)" }
    #expect(texts == ["warmth 4", "depth 2.0"])
    #expect(values.texts(of: [.bits]).map(\.name) == ["cap"] && values.inner.depth == 2)
  }
}

import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// Names from a model that has learnt a little.
  @Suite("names of generate")
  struct Generation {
    private let room: TemporaryFolder
    private let model: String

    init() throws {
      room = try TemporaryFolder()
      let words = ["--d-model", "16", "--steps", "300", "--quiet", "--generate", "0", "--checkpoint-dir"]
      let made = try ddpTrain(.alone, words + [room.path("run")])
      try #require(made.exitCode == 0, "\(made)")
      model = room.path("run/step-000000300.safetensors")
    }

    private func generate(_ start: Start = .alone, _ words: String...) throws -> RunResult {
      try ddpTrain(start, ["generate", "--model", model] + words)
    }

    /// A row of the file.
    private struct Row: Decodable, Equatable {
      var name: String
      var log_probability, drawn_log_probability: Double
      var in_data: Bool
    }
    private struct File: Decodable {
      var count: Int
      var data_names: Int
      var names: [Row]
    }

    private func file(_ text: String) throws -> File { try JSONDecoder().decode(File.self, from: Data(text.utf8)) }

    private static let known = {
      let text = try? String(contentsOfFile: PackagePaths.names, encoding: .utf8)
      return Set((text ?? "").split(whereSeparator: \.isNewline).map(String.init))
    }()

    @Test("none is empty, whatever the temperature", arguments: ["1e-6", "0.6", "1e6"])
    func neverEmpty(temperature: String) throws {
      let result = try generate(.alone, "--count", "20000", "--temperature", temperature)
      #expect(result.exitCode == 0 && result.lines.count == 20000, "\(result.stderr)")
      #expect(result.lines.allSatisfy { (1...16).contains($0.utf8.count) })
    }

    @Test("--novel leaves out names of the data, no others, and prints as many as are wanted on any ranks")
    func novel() throws {
      let all = try generate(.alone, "--count", "9000").lines
      let expected = Array(all.filter { !Self.known.contains($0) }.prefix(3000))
      try #require(expected.count == 3000 && expected != Array(all.prefix(3000)))
      for start in [Start.alone, .ranks(2)] {
        let result = try generate(start, "--count", "3000", "--novel")
        #expect(result.exitCode == 0 && result.lines == expected, "\(start): \(result.stderr)")
      }
      #expect(try generate(.alone, "--count", "3", "--novel").lines == Array(expected.prefix(3)))
    }

    @Test("where nothing novel comes: one line, after a million names", arguments: Start.both)
    func inVain(start: Start) throws {
      let result = try generate(
        start, "--novel", "--count", "1500", "--temperature", "1e-6", "--data", "\(try greedy())")
      expectFailure(
        result, saying: "error: --novel: 1,000,000 names in a row were all in the data, after 0 of 1,500 that are not")
      #expect(result.stdout == "")
    }

    /// A file of the one name that comes near temperature 0.
    private func greedy() throws -> String {
      try room.file("greedy.txt", generate(.alone, "--count", "1", "--temperature", "1e-6").stdout)
    }

    @Test("--novel after a training leaves the run as it is")
    func training() throws {
      let anna = try room.file("anna.txt", "anna\n")
      let words = ["--d-model", "16", "--steps", "100", "--quiet", "--data", anna, "--generate", "2"]
      #expect(try ddpTrain(.alone, words).lines == ["anna", "anna"])
      let novel = try ddpTrain(.alone, words + ["--novel", "--temperature", "3"])
      expectNames(novel.lines, count: 2)
      #expect(novel.exitCode == 0 && !novel.lines.contains("anna"), "\(novel)")
    }

    @Test("--json has every name, how probable it is, and whether the data has it, on any ranks")
    func json() throws {
      let path = room.path("names.json")
      let result = try generate(.alone, "--count", "2000", "--temperature", "1", "--json", path)
      let file = try file(room.text("names.json"))
      #expect(result.exitCode == 0 && file.names.map(\.name) == result.lines, "\(result.stderr)")
      #expect(file.count == 2000 && file.data_names == 32033)
      #expect(file.names.allSatisfy { $0.in_data == Self.known.contains($0.name) })
      // At temperature 1 names are drawn as the model has them, but for the empty one.
      let empty = file.names.map { $0.drawn_log_probability - $0.log_probability }
      let (least, most) = (try #require(empty.min()), try #require(empty.max()))
      #expect(least > 0 && most - least < 1e-9, "\(least) \(most)")
      let distinct = Dictionary(file.names.map { ($0.name, $0) }) { first, second in
        #expect(first == second)
        return first
      }
      let share = distinct.values.reduce(0) { $0 + exp($1.log_probability) }
      #expect((0.001..<1).contains(share))

      let printed = try generate(.ranks(2), "--count", "2000", "--temperature", "1", "--json", "-")
      #expect(try printed.exitCode == 0 && printed.stdout == room.text("names.json"), "\(printed.stderr)")
      let few = try self.file(try generate(.alone, "--count", "5", "--novel", "--json", "-").stdout)
      #expect(few.names.count == 5 && few.names.allSatisfy { !$0.in_data })
      #expect(try self.file(try generate(.alone, "--count", "0", "--json", "-").stdout).names.isEmpty)
    }

    @Test("other data than the model's is said once, and goes by")
    func otherData() throws {
      let other = try room.file("other.txt", "zoe\n")
      let result = try generate(.ranks(2), "--novel", "--json", room.path("names.json"), "--data", other)
      #expect(result.exitCode == 0 && result.lines.count == 10, "\(result)")
      let warning = "\(model) was trained on other names than those of \(other)"
      #expect(result.stderr.components(separatedBy: warning).count == 2, "\(result)")
      #expect(try file(room.text("names.json")).data_names == 1)
      #expect(try generate(.alone, "--novel").stderr == "")
    }
  }

  /// `--data -`.
  @Suite("names from standard input")
  struct StandardInput {
    private let room: TemporaryFolder
    private static let run = "--d-model 16 --steps 20 --progress never --generate 1"

    init() throws { room = try TemporaryFolder() }

    @Test("are those of the file, alone and under mpirun, and go on with a checkpoint", arguments: Start.both)
    func same(start: Start) throws {
      let names = try room.file("names.txt", "anna\nBob\n\nzoe\n")
      var mpirun = ""
      if case .ranks(let count) = start { mpirun = "mpirun --oversubscribe --bind-to none -np \(count) " }
      func run(_ words: String) throws -> RunResult {
        try MPIRun.runScript("cd \(room.path) && \(mpirun)\"$0\" \(Self.run) \(words)", program: "ddp-train")
      }
      let file = try run("--data \(names)")
      let input = try run("--data - --checkpoint-dir run <names.txt")
      #expect(input.exitCode == 0 && input.line("data") == "standard input: 3 names", "\(input)")
      #expect(input.line("parameters") == file.line("parameters") && input.lines.last == file.lines.last, "\(input)")
      let resumed = try run("--data - --checkpoint-dir run --resume <names.txt")
      #expect(resumed.exitCode == 0 && resumed.line("resumed") != nil, "\(resumed)")
      guard mpirun.isEmpty else { return }
      expectFailure(try run("--data - --checkpoint-dir run --resume </proc/self/comm"), saying: "data-set is")
      expectFailure(
        try run("--data - --metrics names.txt <names.txt"), saying: "is the same file as --data /dev/stdin")
    }

    @Test(
      "what is wrong with them is said of standard input, with the line",
      arguments: [
        ("</dev/null", "standard input: is empty; it must hold one name a line"),
        ("<&-", "standard input: is empty"), ("<.", "standard input: cannot be read: Is a directory"),
        (#"anna\nJos\0303\0251\n"#, "standard input, line 2: \"é\" (U+00E9) is not a letter a–z"),
        (#"\0303\0211lo\n"#, "standard input, line 1: \"É\" (U+00C9) is not"),
        (#"anna\n\nJose\0314\0201\n"#, "standard input, line 3: U+0301 is not"),
        (#"\0320\0260nna\n"#, "standard input, line 1: \"а\" (U+0430) is not"),
        (#"anna\nb\0351b\n"#, "standard input, line 2: not UTF-8 (at byte 6)"),
      ])
    func wrong(input: String, message: String) throws {
      let script =
        input.hasPrefix("<")
        ? "cd / && \"$0\" \(Self.run) --data - \(input)" : "printf '%b' '\(input)' | \"$0\" \(Self.run) --data -"
      let result = try MPIRun.runScript(script, program: "ddp-train")
      expectFailure(result, saying: message)
      #expect(result.stdout == "")
    }

    @Test("a terminal is refused, and a wait is ended by a signal")
    func waiting() throws {
      let terminal = try MPIRun.runScript(
        "script -qec \"'$0' \(Self.run) --data -\" /dev/null", program: "ddp-train")
      #expect(terminal.exitCode == 1 && terminal.stdout.contains("error: standard input: is a terminal"), "\(terminal)")
      try #require(mkfifo(room.path("pipe"), 0o600) == 0)
      let script = """
        exec 3<>\(room.path)/pipe; "$0" \(Self.run) --data - <&3 & sleep 0.5; kill -TERM $!; wait $!
        """
      let stopped = try MPIRun.runScript(script, program: "ddp-train")
      #expect(stopped.exitCode == 130 && stopped.stderr == "ddp-train: stopped by SIGTERM\n", "\(stopped)")
    }
  }
}

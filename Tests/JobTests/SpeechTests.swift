import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// What a person sees besides names.
  @Suite("what is said")
  struct Speech {
    @Test("help is printed once, on standard output", arguments: [Start.alone, .ranks(3)])
    func help(start: Start) throws {
      let result = try ddpTrain(start, ["--help"])
      #expect(result.exitCode == 0, "\(result)")
      #expect(result.stdout.components(separatedBy: "SUBCOMMANDS:").count == 2, "\(result)")
      #expect(result.stderr == "", "\(result)")
    }

    @Test("a subcommand's help lists its own options", arguments: [["train", "--help"], ["help", "train"]])
    func subcommandHelp(arguments: [String]) throws {
      let result = try ddpTrain(.alone, arguments)
      #expect(result.exitCode == 0, "\(result)")
      for option in ["--d-model", "--log-every", "--skip-invalid/", "--eval/--no-eval"] {
        #expect(result.stdout.components(separatedBy: "  \(option)").count == 2, "\(option)\n\(result)")
      }
    }

    @Test("a wrong option is named once, on standard error, with code 64", arguments: [Start.alone, .ranks(3)])
    func wrongOption(start: Start) throws {
      let result = try ddpTrain(start, ["--stps", "5"])
      #expect(result.exitCode == 64, "\(result)")
      #expect(
        result.stderr.components(separatedBy: "ddp-train: error: Unknown option '--stps'").count == 2, "\(result)")
      #expect(result.stdout == "", "\(result)")
    }

    @Test(
      "so is a value that is none of its option's kind",
      arguments: [["--steps", "many"], ["--seed", "-1"], ["--engine", "gpu"], ["check"], ["fly"]])
    func wrongValue(arguments: [String]) throws {
      let result = try ddpTrain(.ranks(2), arguments)
      #expect(result.exitCode == 64, "\(result)")
      #expect(result.errors.count == 1, "\(result)")
    }

    @Test("rank 0 alone prints the header and the summary")
    func once() throws {
      let result = try ddpTrain(
        .ranks(3),
        [
          "--steps", "20", "--d-model", "128", "--batch", "5", "--seed", "9", "--learning-rate", "0.002", "--sync",
          "shared",
        ])
      #expect(result.exitCode == 0, "\(result)")
      for title in ["ddp-train", "model", "data", "run", "ranks", "chosen", "loss", "time", "split", "speed"] {
        #expect(result.lines.filter { $0.hasPrefix(title + " ") }.count == 1, "\(title)\n\(result)")
      }
      #expect(result.line("model") == "d-model 128, 8 heads, 205,568 parameters")
      // Relative where the tests are started in the package's folder, absolute elsewhere.
      let path = PackagePaths.names
      let here = FileManager.default.currentDirectoryPath + "/"
      let shown = path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
      #expect(result.line("data") == "\(shown): 32,033 names")
      #expect(result.line("run") == "batch 5, 20 steps, learning rate 0.002 falling to 0, seed 9")
      #expect(result.line("ranks") == "3 ranks on 1 host, synchronisation shared")
      #expect(result.line("chosen")?.contains("d-model 128 (flag)") == true)
      #expect(result.line("parameters")?.hasPrefix("hash ") == true)
    }

    @Test("about ten lines of progress go to standard error where it is no terminal", arguments: [7, 1234, 3000])
    func progress(steps: Int) throws {
      let result = try ddpTrain(.alone, ["--d-model", "16", "--steps", "\(steps)", "--generate", "0"])
      let lines = result.stderr.split(separator: "\n")
      #expect((7...11).contains(lines.count), "\(result)")
      #expect(lines.allSatisfy { $0.hasPrefix("step ") && $0.hasSuffix(" left") }, "\(result)")
      #expect(!result.stdout.contains("\nstep "), "\(result)")
    }

    @Test("--log-every K: a line a K steps; --progress never: none; always: one that is drawn over")
    func progressModes() throws {
      let some = try ddpTrain(.alone, ["--steps", "40", "--log-every", "10", "--generate", "0"])
      let steps = some.stderr.split(separator: "\n").map { $0.split(separator: " ")[1] }
      #expect(steps == ["10/40", "20/40", "30/40", "40/40"])
      let none = try ddpTrain(.alone, ["--steps", "40", "--progress", "never", "--generate", "0"])
      #expect(none.stderr == "", "\(none)")
      let live = try ddpTrain(.alone, ["--steps", "40", "--progress", "always", "--generate", "0"])
      #expect(live.stderr.contains("\r\u{1b}[Kstep 40/40"), "\(live)")
      #expect(live.stderr.hasSuffix("\r\u{1b}[K") && !live.stderr.contains("\n"), "\(live)")
    }

    @Test("a live line is never as wide as the terminal", arguments: [1, 5, 20, 40, 200])
    func narrowTerminal(columns: Int) throws {
      let folder = try TemporaryFolder()
      let log = folder.path("log")
      let script = """
        script -qec "stty cols \(columns); exec '$0' --d-model 16 --steps 2000 --generate 0" /dev/null
        """
      let result = try MPIRun.runScript("\(script) >'\(log)' </dev/null", program: "ddp-train")
      #expect(result.exitCode == 0, "\(result)")
      let drawn = try String(contentsOfFile: log, encoding: .utf8).components(separatedBy: "\r\u{1b}[K").dropFirst()
      #expect(drawn.count >= 2, "\(drawn)")
      for line in drawn.dropLast() {
        #expect(line.count < columns && (columns < 20 || line.hasPrefix("step ")), "\(line)")
        #expect(columns < 200 || line.hasSuffix(" left"), "\(line)")
      }
    }

    @Test("info", arguments: [(Start.alone, "1 (started without mpirun)"), (.ranks(1), "1"), (.ranks(3), "3")])
    func info(start: Start, ranks: String) throws {
      let result = try ddpTrain(start, ["info"])
      #expect(result.exitCode == 0 && result.stderr == "", "\(result)")
      #expect(result.line("ranks") == ranks, "\(result)")
      for title in ["version", "built for", "this CPU has", "vector lanes", "SME2", "MPI", "hosts"] {
        #expect(result.lines.filter { $0.hasPrefix(title) }.count == 1, "\(title)\n\(result)")
      }
      #expect(result.line("MPI")?.wholeMatch(of: /Open MPI v.*, built for [0-9]+\.[0-9]+\.[0-9]+/) != nil, "\(result)")
    }

    @Test("output that does not arrive is an error")
    func fullOutput() throws {
      let result = try MPIRun.runAlone("ddp-train", ["--steps", "3", "--progress", "never"], output: "/dev/full")
      #expect(result.exitCode == 1, "\(result)")
      #expect(result.errors.count == 1 && result.errors[0].contains("standard output"), "\(result)")
    }
  }
}

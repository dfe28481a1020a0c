import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// What commands draw on a real terminal, and what they leave there.
  @Suite("progress on a terminal")
  struct Progress {
    /// On two ranks that share cores with whatever else runs.
    private static let twoRanks = "mpirun -np 2 --oversubscribe --mca mpi_yield_when_idle 1 --bind-to none \"$PROGRAM\""
    /// As in launch/train: what ranks write goes through a pipe to a filter, and a variable says where it ends.
    private static let launched = "DDP_TRAIN_TERMINAL=$(tty) \(twoRanks)"
    private static let training = "--d-model 128 --batch 64 --steps 600 --generate 0"

    /// What is written on a terminal so wide.
    private func screen(
      _ columns: Int, _ command: String, environment: String = "TERM=xterm NO_COLOR=", exitCode: Int32 = 0,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
      let folder = try TemporaryFolder()
      let script = """
        exec env PROGRAM="$0" GOLDEN="$1" \(environment) script -qec "$2" "$3" </dev/null >/dev/null
        """
      let result = try MPIRun.runScript(
        script, program: "ddp-train",
        [
          PackagePaths.file("Tests/golden/d16-h4-b16.safetensors"), "stty cols \(columns) -opost; \(command)",
          folder.path("log"),
        ])
      let log = String(decoding: try folder.data("log"), as: UTF8.self)
      #expect(result.exitCode == exitCode, "\(log) \(result)", sourceLocation: sourceLocation)
      // script's own first and last line.
      let lines = log.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
      return lines.prefix { !$0.hasPrefix("Script done on ") }.joined(separator: "\n")
    }

    /// A live line was drawn, never as wide as the terminal, and nothing stands on one line with it.
    ///
    /// - Returns: what was written after it was cleared.
    @discardableResult
    private func expectLiveLine(
      _ screen: String, columns: Int, beginning: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
      let parts = screen.components(separatedBy: "\r\u{1b}[K")
      let drawn = parts.dropFirst().filter { $0.contains(beginning) }
      #expect(!drawn.isEmpty, "\(screen)", sourceLocation: sourceLocation)
      for line in parts.dropFirst().dropLast() where !line.hasSuffix("\n") || line.contains(beginning) {
        #expect(line.count < columns && !line.contains("\n"), "\(line)", sourceLocation: sourceLocation)
      }
      #expect(parts[0].isEmpty || parts[0].hasSuffix("\n"), "\(screen)", sourceLocation: sourceLocation)
      let last = try #require(parts.last, sourceLocation: sourceLocation)
      #expect(!last.contains(beginning), "\(screen)", sourceLocation: sourceLocation)
      return last
    }

    /// Each takes over a second, or as long as it is told to: what is done within a tenth of a second draws none.
    @Test(
      "every command draws a line that fits, and clears it before its result",
      arguments: [
        (40, "--d-model 16 --steps 3000 --generate 0", "step "), (80, "--steps 1000 --generate 0", "step "),
        (200, "--steps 1000 --generate 0 --eval --eval-every 500", " left"),
        (40, "bench --seconds 0.3 --d-model 16", "measuring bench"), (80, "ladder --seconds 0.2", "measuring ladder"),
        (200, "ceiling --steps 200 --ranks 2 4 --d-model 16", "measuring ceilings"),
        (40, "predict --seconds 0.1 --d-model 16 --batch 16", "measuring one core"),
        (80, "scaling --seconds 0.3 --d-model 16 --mode strong --sync allreduce", "measuring d-model 16"),
        (40, "sweep --d-model 16 --batch 8 --learning-rate 0.002 0.003 --steps 40000", "trained, "),
        (80, "generate --d-model 16 --steps 3000 --count 10000000 >/dev/null", "names "),
        (40, "check $(yes \"$GOLDEN\" | head -n 2000) >/dev/null", "files "),
      ])
    func alone(columns: Int, arguments: String, beginning: String) throws {
      try expectLiveLine(try screen(columns, "\"$PROGRAM\" \(arguments)"), columns: columns, beginning: beginning)
    }

    @Test(
      "under mpirun too: by mpirun's own terminal, by what a script says, and where it is asked for",
      arguments: [
        (40, "\(twoRanks) \(training)"), (80, "\(launched) \(training) 2>&1 | cat"),
        (200, "\(launched) \(training) 2>&1 | cat"),
        (80, "COLUMNS=80 \(twoRanks) \(training) --progress always 2>&1 | cat"),
      ])
    func ranks(columns: Int, command: String) throws {
      let last = try expectLiveLine(try screen(columns, command), columns: columns, beginning: "step ")
      #expect(last.split(separator: "\n").first?.contains(/^(\u{1b}\[1m)?loss/) == true, "\(last)")
    }

    /// Its records are too rare: what is drawn comes from the thread that looks by itself.
    @Test("a run that reports nothing of itself for long")
    func rare() throws {
      let command = "timeout -s INT 3 \"$PROGRAM\" --d-model 16 --steps 1000000000 --log-every 1000000000 --generate 0"
      let screen = try screen(80, command, exitCode: 124)
      let last = try expectLiveLine(screen, columns: 80, beginning: "/1,000,000,000  ")
      #expect(last.contains("ddp-train: stopped by SIGINT\n"), "\(screen)")
    }

    @Test("what goes wrong meanwhile has a line of its own")
    func message() throws {
      let run = """
        --d-model 128 --batch 64 --steps 100000 --log-every 10 --generate 0 --inject-bit-flip 1,2450 --check-replicas 50
        """
      let screen = try screen(80, "\(Self.twoRanks) \(run) --sync allreduce", exitCode: 1)
      try expectLiveLine(screen, columns: 80, beginning: "  loss ")
      #expect(screen.contains("\r\u{1b}[Kddp-train: \u{1b}[1;31merror\u{1b}[0m: replicas differ"), "\(screen)")
    }

    @Test("none with --progress never and --quiet; names alone need no line, a long training before them has one")
    func silence() throws {
      let run = "--d-model 16 --steps 3000"
      for arguments in [
        "\(run) --generate 0 --progress never", "generate \(run) --quiet", "bench --seconds 0.2 --progress never",
      ] {
        let screen = try screen(80, "\"$PROGRAM\" \(arguments)")
        #expect(!screen.contains("\r"), "\(screen)")
      }
      let names = try expectLiveLine(try screen(80, "\"$PROGRAM\" generate \(run)"), columns: 80, beginning: "step ")
      expectNames(names.split(separator: "\n").map(String.init)[...], count: 10)
    }

    @Test("a terminal that cannot clear a line has lines, and so has a run whose ranks are watched")
    func lines() throws {
      let run = "--d-model 16 --steps 3000 --generate 0"
      for (arguments, environment) in [
        (run, "TERM=dumb"), ("\(run) --heartbeat 60 --progress always", "NO_COLOR=1 TERM=xterm"),
      ] {
        let screen = try screen(80, "\"$PROGRAM\" \(arguments)", environment: environment)
        #expect(!screen.contains("\u{1b}") && screen.contains("\nstep 300/3,000  "), "\(screen)")
      }
    }

    @Test("titles and the word error stand out; not with NO_COLOR, and not in a pipe")
    func colour() throws {
      let run = "\"$PROGRAM\" --d-model 16 --steps 3 --generate 0 --progress never"
      let bold = try screen(80, run)
      for title in ["ddp-train", "model", "run", "loss", "parameters"] {
        #expect(bold.contains("\u{1b}[1m\(title)\u{1b}[0m"), "\(bold)")
      }
      let wrong = try screen(80, "\"$PROGRAM\" --stps 3", exitCode: 64)
      #expect(wrong.hasPrefix("ddp-train: \u{1b}[1;31merror\u{1b}[0m: Unknown option"), "\(wrong)")
      for plain in [try screen(80, run, environment: "TERM=xterm NO_COLOR=1"), try screen(80, "\(run) | cat")] {
        #expect(!plain.contains("\u{1b}") && plain.contains("\nloss "), "\(plain)")
      }
    }
  }
}

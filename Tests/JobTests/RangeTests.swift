import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// Every option that the program itself lists, with numbers that somebody will write.
  @Suite("ranges of options")
  struct RangeTests {
    private static let commands = [
      "train", "generate", "bench", "scaling", "predict", "ceiling", "ladder", "sweep", "race", "ranks",
    ]
    private static let numbers = [
      "nan", "inf", "-1", "0", "1e3", "1_000", "9223372036854775807", "9223372036854775808", "1e400", " 5", "0x10",
      "1e-320", "5e-1",
    ]
    /// Options whose value is text: a path, or one of some words. All others are numbers.
    private static let texts: Set = [
      "config", "data", "init-from", "engine", "exp", "sync", "checkpoint-dir", "metrics", "trace", "progress", "model",
      "json",
      "csv", "report", "mode", "schedule", "judge", "results", "calibration", "from", "outer",
    ]
    /// What lets an option be looked at and ends soon, or is refused after it.
    private static let quick: [String: [String]] = [
      "train": ["--steps", "1", "--generate", "0", "--quiet"],
      "generate": ["--model", "/proc/none"], "bench": ["--json", "/proc/none/none"],
      "scaling": ["--json", "/proc/none/none"],
      "predict": ["--json", "/proc/none/none"], "ladder": ["--json", "/proc/none/none"],
      "ceiling": ["--json", "/proc/none/none"],
      "sweep": ["--json", "/proc/none/none"], "race": ["--json", "/proc/none/none"],
      "ranks": ["--steps", "5", "--batch", "16"],
    ]

    /// The names of a command's options that take numbers, from the program's own list.
    private func numericOptions(_ command: String) throws -> [String] {
      let help = try ddpTrain(.alone, [command, "--experimental-dump-help"]).stdout
      let object = try #require(JSONSerialization.jsonObject(with: Data(help.utf8)) as? [String: Any])
      let listed = try #require((object["command"] as? [String: Any])?["arguments"] as? [[String: Any]])
      let options = listed.filter { $0["kind"] as? String == "option" }
      let names = options.compactMap { ($0["preferredName"] as? [String: Any])?["name"] as? String }
      #expect(!names.isEmpty)
      return names.filter { !Self.texts.contains($0) }
    }

    /// Not a number for any option, or none that any takes; -1 and 2^63 are numbers of some.
    private static let never: Set = ["nan", "inf", "1e400", " 5", "0x10"]

    @Test("done, or refused in one line with the option and its range", arguments: commands)
    func everyOption(command: String) throws {
      for option in try numericOptions(command) {
        for number in Self.numbers {
          var arguments = Self.quick[command] ?? []
          if let own = arguments.firstIndex(of: "--\(option)") { arguments.removeSubrange(own...own + 1) }
          if option.hasPrefix("checkpoint-") { arguments += ["--checkpoint-dir", "/proc/none"] }
          if option == "trace-steps" { arguments += ["--trace", "/proc/none/none"] }
          let result = try ddpTrain(.alone, [command] + arguments + ["--\(option)=\(number)"], timeout: .seconds(20))
          let what = "\(command) --\(option)=\(number)"
          // A signal is 128 and more.
          #expect([0, 1, 64].contains(result.exitCode), "\(what): \(result)")
          #expect(result.exitCode == 0 || result.stderr.split(separator: "\n").count == 1, "\(what): \(result)")
          // Beside --model, options of training are refused as such.
          let mustName = Self.never.contains(number) && (command != "generate" || option == "count")
          guard mustName || result.stderr.contains("--\(option) \"") else { continue }
          #expect(result.stderr.contains("--\(option) \"\(number)\""), "\(what): \(result)")
          let range = [
            "from [0-9e.-]+ to [0-9]", "FIRST:COUNT, a step from 1", "RANK,STEP, a rank from 0",
            "500: at least 1", "from 1 ms to 1,000,000 s",
          ]
          #expect(
            range.contains { result.stderr.range(of: $0, options: .regularExpression) != nil },
            "\(what) names no range: \(result)")
        }
      }
    }

    /// What an option is of no use without.
    private static func company(of key: String) -> [String] {
      switch key {
      case "bucket-kib": ["--sync", "overlap"]
      case "groups": ["--sync-every", "4"]
      case "outer-rate", "outer-momentum": ["--sync-every", "4", "--outer", "nesterov"]
      default: key.hasPrefix("checkpoint-") ? ["--checkpoint-dir", "/proc/none"] : []
      }
    }

    @Test("a configuration file is told the same")
    func configuration() throws {
      let folder = try TemporaryFolder()
      let keys = try numericOptions("train").filter { $0 != "inject-bit-flip" }
      for key in keys {
        for number in Self.numbers where number != " 5" {
          let own = Self.company(of: key)
          // Names and records, so that no option is without effect.
          let others =
            (key == "steps" ? [] : ["--steps", "1"]) + (key == "generate" ? [] : ["--generate", "1"])
            + ["--quiet", "--metrics", "/dev/null"] + own
          let file = try folder.file("run.yaml", "\(key): \(number)\n")
          let written = try ddpTrain(.alone, ["--config", file] + others, timeout: .seconds(20))
          let given = try ddpTrain(.alone, ["--\(key)=\(number)"] + others, timeout: .seconds(20))
          #expect((written.exitCode == 0) == (given.exitCode == 0), "\(key) \(number): \(written)\n\(given)")
          func reason(_ result: RunResult) -> Substring? {
            result.stderr.split(separator: "\" is not ", maxSplits: 1).dropFirst().first?.prefix { $0 != "\n" }
          }
          #expect(reason(written) == reason(given), "\(key) \(number): \(written)\n\(given)")
        }
      }
    }

    @Test("numbers may be written as people write them")
    func spellings() throws {
      let plain = ["--d-model", "16", "--steps", "20", "--batch", "16", "--learning-rate", "0.01", "--generate", "0"]
      let spelt = [
        "--d-model", "1.6e1", "--steps", "2e1", "--batch", "1_6", "--learning-rate", "1e-2", "--generate", "0.0",
      ]
      let (one, other) = (try ddpTrain(.alone, plain), try ddpTrain(.alone, spelt))
      #expect(one.exitCode == 0 && one.line("parameters") == other.line("parameters"), "\(one)\n\(other)")
    }

    @Test("a flip of a bit that no rank would do is refused", arguments: ["1,2", "0,30", "0,0", "-1,2", "0"])
    func bitFlip(text: String) throws {
      let result = try ddpTrain(.alone, ["--steps", "20", "--inject-bit-flip=\(text)"])
      #expect(result.exitCode == 64, "\(result)")
      #expect(result.stderr.components(separatedBy: "--inject-bit-flip \"\(text)\"").count == 2, "\(result)")
    }

    @Test("on two ranks it is one line, from commands that measure too", arguments: ["scaling", "predict", "ladder"])
    func ranks(command: String) throws {
      for option in ["--batch=0", "--seconds=1e9", "--d-model=17"] {
        let result = try ddpTrain(.ranks(2), [command, option])
        #expect(result.exitCode == 64 && result.errors.count == 1 && result.stdout == "", "\(option): \(result)")
        #expect(!result.stderr.contains("MPI_ABORT"), "\(option): \(result)")
      }
    }
  }

  @Suite("memory")
  struct MemoryTests {
    /// Ranks that may have so much of addresses, in kB: enough for the program itself, and not for a model of this width.
    private func limited(_ start: Start, _ command: String, to kilobytes: Int = 300_000) throws -> RunResult {
      let program = "ulimit -v \(kilobytes); exec \"$0\" \(command) --d-model 1024"
      guard case .ranks(let ranks) = start else { return try MPIRun.runScript(program, program: "ddp-train") }
      let launch = "exec mpirun -np \(ranks) --oversubscribe --bind-to none --timeout 60 sh -c '\(program)' \"$0\""
      return try MPIRun.runScript(launch, program: "ddp-train", timeout: .seconds(40))
    }

    @Test(
      "what cannot fit is refused with what it takes and what there is",
      arguments: ["train", "bench", "predict", "ladder"])
    func tooLarge(command: String) throws {
      let result = try limited(.alone, command)
      #expect(result.exitCode == 1 && result.errors.count == 1, "\(result)")
      #expect(result.errors.first?.contains(/at d-model 1024 reserves [0-9.]+ [GM]B of addresses/) == true, "\(result)")
      #expect(result.errors.first?.contains(/ulimit -v leaves [0-9.]+ [GM]B/) == true, "\(result)")
      #expect(result.stdout == "", "\(result)")
    }

    @Test("on two ranks it is one line", arguments: ["train", "scaling"])
    func ranks(command: String) throws {
      let result = try limited(.ranks(2), command, to: 400_000)
      #expect(result.exitCode == 1 && result.errors.count == 1, "\(result)")
      #expect(result.errors.first?.contains("at d-model 1024 reserves") == true, "\(result)")
    }

    @Test("much that nobody touches is no obstacle")
    func untouched() throws {
      let result = try ddpTrain(
        .alone,
        ["--batch", "262144", "--d-model", "16", "--steps", "1", "--generate", "0", "--quiet"])
      #expect(result.exitCode == 0, "\(result)")
    }

    /// Between these Open MPI itself may fail, in words of its own.
    @Test("a limit on addresses is counted", arguments: [200_000, 320_000])
    func addressLimit(kilobytes: Int) throws {
      let result = try limited(.alone, "--steps 1 --generate 0 --quiet", to: kilobytes)
      #expect(result.exitCode == 1, "\(result)")
      #expect(result.stderr.split(separator: "\n").count == 1 && result.stderr.contains("ulimit -v"), "\(result)")
    }

    /// The array that is refused comes after the check: what is counted is this process's own limit at its start.
    @Test("a limit of one rank ends all ranks in one line of ours")
    func oneRank() throws {
      let result = try MPIRun.runScript(
        """
        exec mpirun -np 2 --oversubscribe --bind-to none --timeout 60 sh -c '
        if [ "$OMPI_COMM_WORLD_RANK" = 1 ]; then ulimit -v 300000; fi
        exec "$0" --d-model 1024 --steps 1000000 --quiet' "$0"
        """, program: "ddp-train", timeout: .seconds(40))
      #expect(result.exitCode == 1, "\(result)")
      #expect(result.stderr.components(separatedBy: "ulimit -v").count == 2, "\(result)")
      #expect(result.stderr.contains("rank 1"), "\(result)")
    }
  }
}

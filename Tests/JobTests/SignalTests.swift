import CHost
import Foundation
import MPIRunSupport
import TestSupport
import Testing

/// A signal as the program's own table has it.
struct Signal: Sendable, CustomStringConvertible {
  let number: Int32

  var description: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16) { name in
      name.baseAddress.map { String(cString: cstop_name_of(number, $0)) } ?? ""
    }
  }

  static let all = (1...cstop_last_signal()).map(Signal.init)
  static func meaning(_ meaning: cstop_meaning) -> [Signal] {
    all.filter { cstop_meaning_of($0.number) == meaning }
  }
  /// Those that ask to stop, with the first and the last real-time one for all of these: Tests/faults sends each.
  static let requests = (meaning(CSTOP_REQUEST) + meaning(CSTOP_FAILED_WRITE)).filter {
    $0.number < 32 || [cstop_last_signal(), cstop_last_signal() - 30].contains($0.number)
  }
  /// Real causes of a segmentation fault and the like.
  static let faults = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS]
}

extension Jobs {
  /// Every signal, at every stage, in every command. Tests/faults/run signals_everywhere has all of them at all moments.
  @Suite("signals")
  struct Signals {
    private static let training = [
      "--d-model", "16", "--steps", "1000000000", "--progress", "never", "--generate", "2",
    ]
    /// Runs the program with signal $1 blocked, and waiting since before it was started; the other arguments are its.
    private static let waiting = #"""
      number=$1 && shift
      exec env --default-signal --block-signal="$number" sh -c 'kill -s "$1" $$ && shift && exec "$0" "$@"' "$0" "$number" "$@"
      """#

    /// Asks the kernel: each signal goes to a process that does nothing about it.
    @Test("every signal that ends a process by default is a request, but a failed write and what no run may outlive")
    func table() throws {
      let script = #"""
        for number in $(seq 1 "$1"); do
          case $number in 32 | 33) continue ;; esac # the C library's own
          env --default-signal sleep 60 & pid=$!
          until [ "$(cat /proc/$pid/comm)" = sleep ]; do :; done
          kill -s "$number" $pid
          sleep 0.02
          if read -r _ _ state _ </proc/$pid/stat && [ "$state" != Z ]; then kill -s KILL $pid; else echo "$number"; fi
          wait $pid
        done 2>/dev/null
        """#
      let result = try MPIRun.runScript(script, program: "ddp-train", ["\(cstop_last_signal())"])
      let ending = Set(result.lines.compactMap { Int32($0) })
      #expect(ending.isSuperset(of: [SIGHUP, SIGTERM, SIGXFSZ, SIGPWR, SIGKILL]), "\(result)")
      let (requests, failed) = (Signal.meaning(CSTOP_REQUEST), Signal.meaning(CSTOP_FAILED_WRITE))
      #expect(Set(failed.map(\.number)) == [SIGPIPE, SIGXFSZ])
      #expect(Set((requests + failed).map(\.number)) == ending.subtracting(Signal.faults + [SIGKILL]))
      #expect(Set(Signal.all.map { "\($0)" }).count == Signal.all.count)
    }

    /// Checks that a stopped run has kept its last step, and returns that step; nil where it has done none.
    @discardableResult
    private func expectStop(
      _ result: RunResult, _ folder: RunFolder, by signal: Signal, sourceLocation: SourceLocation = #_sourceLocation
    ) -> Int? {
      #expect(result.exitCode == 130, "\(signal) \(result)", sourceLocation: sourceLocation)
      #expect(
        result.stderr.components(separatedBy: "ddp-train: stopped by \(signal)\n").count == 2, "\(result)",
        sourceLocation: sourceLocation)
      let line = result.lines.first { $0.hasPrefix("interrupted after step ") }
      let step = line.flatMap { Int($0.split(separator: " ")[3].replacing(",", with: "")) }
      #expect(folder.steps.last == step, "\(folder.steps) \(result)", sourceLocation: sourceLocation)
      return step
    }

    @Test("each of them ends a run in order, alone", arguments: Signal.requests)
    func alone(signal: Signal) throws {
      let folder = try RunFolder()
      let arguments = Self.training + ["--checkpoint-dir", folder.path, "--checkpoint-every", "50"]
      let result = try ddpTrain(.alone, arguments) { job in
        try job.wait(until: "there is a checkpoint") { !folder.steps.isEmpty }
        job.signal(signal.number)
      }
      expectStop(result, folder, by: signal)
      expectNames(result.lines.suffix(2), count: 2)
    }

    /// In the first milliseconds the program is loaded, and the system's default holds: seen in /proc before the signal.
    @Test("at any moment from the start on", arguments: 0..<10)
    func moments(index: Int) throws {
      let signal = Signal.requests[index % Signal.requests.count]
      let folder = try RunFolder()
      var wasHandled = false
      let arguments = Self.training + ["--checkpoint-dir", folder.path, "--generate", "0"]
      let result = try ddpTrain(.alone, arguments) { job in
        usleep(UInt32(index) * 40_000)
        wasHandled = job.handles(signal.number)
        job.signal(signal.number)
      }
      guard wasHandled || result.exitCode != 128 + signal.number || !result.stdout.isEmpty else { return }
      expectStop(result, folder, by: signal)
    }

    /// mpirun starts its ranks with no signal blocked: the moments are those after the handlers stand.
    @Test("and to one rank of two", arguments: [(0, 0), (1, 30), (0, 100), (1, 300)])
    func moments(rank: Int, milliseconds: UInt32) throws {
      let signal = Signal(number: rank == 0 ? SIGHUP : SIGUSR2)
      let folder = try RunFolder()
      let arguments = Self.training + ["--checkpoint-dir", folder.path]
      let result = try ddpTrain(.ranks(2), arguments) { job in
        try job.wait(until: "the rank handles signals") {
          job.children.count == 2 && job.handles(signal.number, in: job.children[rank])
        }
        usleep(milliseconds * 1000)
        kill(job.children[rank], signal.number)
      }
      expectStop(result, folder, by: signal)
    }

    @Test("a signal that was blocked at the start arrives, and nothing is begun", arguments: [SIGTERM, SIGHUP])
    func blocked(number: Int32) throws {
      let folder = try RunFolder()
      let arguments = ["\(number)"] + Self.training + ["--checkpoint-dir", folder.path]
      let result = try MPIRun.runScript(Self.waiting, program: "ddp-train", arguments)
      #expect(expectStop(result, folder, by: Signal(number: number)) == nil)
      #expect(result.stdout.isEmpty, "\(result)")
    }

    @Test("what was ignored at the start stays ignored")
    func ignored() throws {
      let folder = try RunFolder()
      let script = #"trap '' HUP INT USR2; exec "$0" "$@""#
      let arguments = Self.training + ["--checkpoint-dir", folder.path, "--checkpoint-every", "20"]
      let result = try MPIRun.runScript(script, program: "ddp-train", arguments) { job in
        try job.wait(until: "there is a checkpoint") { !folder.steps.isEmpty }
        for signal in [SIGHUP, SIGINT, SIGUSR2, SIGHUP] {
          let before = folder.steps.last ?? 0
          job.signal(signal)
          try job.wait(until: "it goes on") { folder.steps.last ?? 0 > before }
        }
        job.signal(SIGTERM)
      }
      expectStop(result, folder, by: Signal(number: SIGTERM))
    }

    /// Steps that are long enough for all of them to come within one.
    @Test(
      "repeated signals are one request, but for a second Ctrl-C",
      arguments: [
        ([SIGTERM, SIGTERM, SIGTERM], true), ([SIGINT, SIGTERM, SIGTERM], true), ([SIGHUP, SIGHUP, SIGINT], true),
        ([SIGQUIT, SIGXCPU, SIGXCPU], true), ([SIGINT, SIGINT], false), ([SIGQUIT, SIGQUIT], false),
        ([SIGTERM, SIGINT, SIGQUIT], false),
      ])
    func repeated(numbers: [Int32], isOrdered: Bool) throws {
      let folder = try RunFolder()
      let slow = ["--d-model", "512", "--batch", "256", "--checkpoint-dir", folder.path, "--checkpoint-every", "1"]
      let result = try ddpTrain(.alone, Self.training.suffix(6) + slow) { job in
        try job.wait(until: "there is a checkpoint") { !folder.steps.isEmpty }
        for number in numbers {
          job.signal(number)
          usleep(10_000)
        }
      }
      if isOrdered {
        expectStop(result, folder, by: Signal(number: numbers[0]))
      } else {
        // Ended by the signal itself, without a word.
        #expect(result.exitCode == 128 + (numbers.last ?? 0) && result.stderr.isEmpty, "\(result)")
      }
    }

    /// A command line of each command that works for minutes, or at least a second.
    private func longArguments(_ command: String, model: String, ranks: Int) throws -> [String]? {
      switch command {
      case "train": return ["train"] + Self.training
      case "generate": return ["generate", "--model", model, "--count", "900000000"]
      case "check": return ["check"] + Array(repeating: "d16-h4-b16.safetensors", count: 3000)
      case "bench": return ["bench", "--seconds", "60"] + (ranks > 1 ? ["--sync"] : [])
      case "scaling", "predict", "ladder": return [command, "--seconds", "60"]
      case "ceiling": return ranks > 1 ? nil : ["ceiling", "--steps", "1000000"]
      case "race": return ["race", "--target", "1.9"]
      default: return nil
      }
    }

    /// The commands that `--help` lists.
    private func commands() throws -> [String] {
      let help = try ddpTrain(.alone, ["--help"]).lines
      let list = help.drop { !$0.hasPrefix("SUBCOMMANDS:") }.dropFirst().prefix { $0.hasPrefix("  ") }
      let names = list.filter { !$0.hasPrefix("   ") }.compactMap { $0.split(separator: " ").first.map(String.init) }
      try #require(names.count >= 10, "\(help)")
      return names
    }

    @Test("every command: a signal that waits at the start ends it at once, with 130 and no output")
    func everyCommand() throws {
      for command in try commands() {
        let files = ["check": 1, "report": 1, "compare": 2, "verify": 1][command] ?? 0
        let arguments = [command] + Array(repeating: "/nowhere", count: files)
        let more = command == "report" ? ["--report", "/nowhere"] : []
        let result = try MPIRun.runScript(Self.waiting, program: "ddp-train", ["HUP"] + arguments + more)
        #expect(result.exitCode == 130, "\(command) \(result)")
        #expect(result.stdout.isEmpty && result.stderr == "ddp-train: stopped by SIGHUP\n", "\(command) \(result)")
      }
    }

    @Test("every long command ends soon, whichever rank is asked", arguments: Start.both)
    func longCommands(start: Start) throws {
      let folder = try RunFolder()
      _ = try folder.run(1, ["--steps", "5"])
      for (index, command) in try commands().enumerated() {
        var ranks = 1
        if case .ranks(let count) = start { ranks = count }
        guard let arguments = try longArguments(command, model: folder.file(5), ranks: ranks) else { continue }
        var asked = ContinuousClock.now
        // Where the paths are short: Open MPI has no room for so many long ones.
        let result = try ddpTrain(start, arguments, folder: PackagePaths.file("Tests/golden")) { job in
          var pids: [pid_t] = []
          try job.wait(until: "\(command) handles signals") {
            pids = ranks == 1 ? [job.processID] : job.children
            return pids.count == ranks && pids.allSatisfy { job.handles(SIGTERM, in: $0) }
          }
          usleep(600_000)
          asked = .now
          kill(pids[index % ranks], SIGTERM)
        }
        #expect(asked.duration(to: .now) < .seconds(10), "\(command)")
        #expect(result.exitCode == 130, "\(command) \(result)")
        #expect(result.stderr.components(separatedBy: "ddp-train: stopped by SIGTERM\n").count == 2, "\(result)")
        // Names and rows of what was done; tables are whole or not there.
        let prints = ["train", "generate", "check"].contains(command)
        #expect(prints || result.stdout.isEmpty, "\(command) \(result)")
      }
    }

    @Test("names for a reader that has enough: quiet, at once, and done")
    func closedPipe() throws {
      let folder = try RunFolder()
      _ = try folder.run(1, ["--steps", "5"])
      let script = #"{ "$0" generate --model "$1" --count 900000000; echo "code $?" >&2; } | head -n 2"#
      let json = #"{ "$0" generate --model "$1" --count 900000000 --json -; echo "code $?" >&2; } | head -n 2"#
      let result = try MPIRun.runScript(script, program: "ddp-train", [folder.file(5)])
      expectNames(result.lines[...], count: 2)
      #expect(result.stderr == "code 0\n", "\(result)")
      let rows = try MPIRun.runScript(json, program: "ddp-train", [folder.file(5)])
      #expect(rows.stdout.hasPrefix("{\"format_version\": 1") && rows.stderr == "code 0\n", "\(rows)")
      // What is cut off elsewhere is no result.
      let other = try MPIRun.runScript(
        #"{ sleep 0.2; "$0" info; echo "code $?" >&2; } | true"#, program: "ddp-train")
      #expect(other.stderr == "code 141\n", "\(other)")
    }
  }
}

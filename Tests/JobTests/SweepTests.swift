import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  @Suite("sweep")
  struct Sweep {
    private static let settings = [
      "sweep", "--d-model", "16", "32", "--batch", "8", "16", "--learning-rate", "0.005", "0.02",
    ]
    private static let grid = settings + ["--steps", "60"]

    private func object(_ path: String) throws -> [String: Any] {
      try #require(
        try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any])
    }

    /// The trials of a result, without times.
    private func trials(_ path: String) throws -> [NSDictionary] {
      let trials = try #require(try object(path)["trials"] as? [[String: Any]])
      return trials.map { trial in
        NSDictionary(dictionary: trial.filter { $0.key != "seconds" && $0.key != "ranks" })
      }
    }

    private func lines(_ path: String) -> [String] {
      ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    @Test("the table is the same on any number of ranks, also with fewer trials than ranks")
    func determinism() throws {
      let folder = try TemporaryFolder()
      for (name, more) in [("all", []), ("one", ["--random", "1"]), ("seeds", ["--random", "2", "--seeds", "2"])] {
        var tables: [[NSDictionary]] = []
        for start in [Start.alone, .ranks(1), .ranks(2), .ranks(3)] {
          let json = folder.path("\(name)-\(start).json")
          let result = try ddpTrain(start, Self.grid + more + ["--json", json])
          #expect(result.exitCode == 0 && result.stdout.contains("best held-out loss"), "\(result)")
          tables.append(try trials(json))
          let file = try object(json)
          let utilisation = try #require(file["utilisation"] as? Double)
          #expect(utilisation > 0 && utilisation <= 1)
          #expect(file["wall_seconds"] is Double && file["ranks"] is Int)
        }
        #expect(tables[0].count == ["all": 8, "one": 1, "seeds": 4][name])
        #expect(tables.allSatisfy { $0 == tables[0] }, "\(name): \(tables)")
      }
    }

    @Test("a trial's losses and hash are those of a training with its options")
    func sameAsTraining() throws {
      let folder = try TemporaryFolder()
      let (json, metrics) = (folder.path("sweep.json"), folder.path("metrics.jsonl"))
      let arguments = ["--d-model", "16", "--batch", "8", "--learning-rate", "0.02", "--steps", "60"]
      let swept = try ddpTrain(.alone, ["sweep"] + arguments + ["--json", json])
      let trained = try ddpTrain(.alone, arguments + ["--eval", "--generate", "0", "--metrics", metrics])
      #expect(swept.exitCode == 0 && trained.exitCode == 0, "\(swept) \(trained)")
      let trial = try #require(try trials(json).first)
      let ends = try lines(metrics).suffix(2).map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      let (evaluation, final) = (try #require(ends.first), try #require(ends.last))
      #expect(trial["training_loss"] as? Double == final["loss_last_100"] as? Double)
      #expect(trial["held_out_loss"] as? Double == evaluation["held_out_loss"] as? Double)
      #expect(trial["parameters_hash"] as? String == final["parameters_hash"] as? String)
    }

    @Test("a sweep that is killed goes on where it was, and repeats nothing", arguments: [1, 2])
    func killed(ranks: Int) throws {
      let folder = try TemporaryFolder()
      let (results, json, whole) = (folder.path("r.jsonl"), folder.path("r.json"), folder.path("whole.json"))
      let arguments = Self.settings + ["--seeds", "4", "--steps", "3000"]
      #expect(try ddpTrain(.ranks(ranks), arguments + ["--json", whole]).exitCode == 0)
      let killed = try ddpTrain(.ranks(ranks), arguments + ["--results", results]) { job in
        try job.wait(until: "three trials are recorded") { lines(results).count >= 4 }
        kill(job.children[ranks - 1], SIGKILL)
      }
      #expect(killed.exitCode != 0)
      let recorded = lines(results).dropFirst()
      #expect(recorded.count >= 3 && recorded.count < 32, "\(killed)")
      // As a process leaves it that dies while it writes.
      let handle = try #require(FileHandle(forWritingAtPath: results))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data("{\"type\": \"tri".utf8))
      try handle.close()
      let refused = try ddpTrain(.ranks(ranks), arguments + ["--results", results])
      expectFailure(refused, saying: "go on with --resume, or name another file")
      let resumed = try ddpTrain(
        .ranks(3 - ranks), arguments + ["--results", results, "--resume", "--json", json])
      #expect(resumed.exitCode == 0, "\(resumed)")
      let trained = try #require(try object(json)["trained"] as? Int)
      #expect(trained == 32 - recorded.count)
      let after = lines(results).dropFirst()
      #expect(after.count == 32 && Array(after.prefix(recorded.count)) == Array(recorded))
      #expect(try trials(json) == trials(whole) && trials(json).count == 32)
    }

    @Test("a signal to any rank stops the sweep, with what is recorded", arguments: [0, 1])
    func stopped(rank: Int) throws {
      let folder = try TemporaryFolder()
      let results = folder.path("r.jsonl")
      let result = try ddpTrain(
        .ranks(2), ["sweep", "--steps", "100000", "3000", "--batch", "16", "--d-model", "16", "--results", results]
      ) { job in
        try job.wait(until: "a trial is recorded") { lines(results).count >= 2 || job.children.count == 2 }
        try job.wait(until: "the rank listens") { job.handles(SIGUSR1, in: job.children[rank]) }
        kill(job.children[rank], SIGUSR1)
      }
      #expect(result.exitCode == 130 && result.stderr.contains("stopped by SIGUSR1"), "\(result)")
    }

    @Test("a trial that diverges, or that takes too long, is a record")
    func outcomes() throws {
      let folder = try TemporaryFolder()
      let json = folder.path("r.json")
      let result = try ddpTrain(
        .ranks(2),
        [
          "sweep", "--d-model", "16", "--batch", "16", "--learning-rate", "0.01", "1e300", "--steps", "100",
          "100000000", "--trial-limit", "300ms", "--json", json,
        ])
      #expect(result.exitCode == 0, "\(result)")
      let outcomes = try trials(json).map { $0["outcome"] as? String }
      #expect(outcomes == ["finished", "diverged", "out_of_time", "diverged"], "\(result)")
      #expect(try trials(json).allSatisfy { ($0["outcome"] as? String == "finished") == ($0["reason"] == nil) })
      let none = try ddpTrain(.alone, ["sweep", "--d-model", "16", "--learning-rate", "1e300", "--steps", "5"])
      #expect(none.exitCode == 0 && none.stdout.contains("no trial finished: the loss is not a number"), "\(none)")
    }

    @Test("groups of ranks train a trial together, and with --reproducible come to the same")
    func groups() throws {
      let folder = try TemporaryFolder()
      let (one, two) = (folder.path("1.json"), folder.path("2.json"))
      for (ranks, each, json) in [(1, "1", one), (4, "2", two)] {
        let result = try ddpTrain(
          .ranks(ranks), Self.grid + ["--reproducible", "--ranks-per-trial", each, "--json", json])
        #expect(result.exitCode == 0, "\(result)")
      }
      #expect(try trials(one) == trials(two))
      expectFailure(
        try ddpTrain(.ranks(3), Self.grid + ["--ranks-per-trial", "2"]),
        saying: "--ranks-per-trial 2 does not divide 3 ranks", code: 64)
    }

    @Test("--halving and --budget: fewer steps, the same calibration on resume")
    func budget() throws {
      let folder = try TemporaryFolder()
      let (results, json, again) = (folder.path("r.jsonl"), folder.path("r.json"), folder.path("again.json"))
      let arguments = [
        "sweep", "--d-model", "16", "--batch", "8", "16", "--learning-rate", "0.002", "0.005", "0.01", "0.02", "0.04",
        "--budget", "20ms", "--halving", "3", "--results", results,
      ]
      let first = try ddpTrain(.ranks(2), arguments + ["--json", json])
      #expect(first.exitCode == 0, "\(first)")
      let calibration = lines(results).filter { $0.contains("\"calibration\"") }
      #expect(calibration.count == 2)
      #expect(lines(results).count == 1 + 2 + 10 + 4 + 2)
      let second = try ddpTrain(.ranks(3), arguments + ["--resume", "--json", again])
      #expect(second.exitCode == 0, "\(second)")
      #expect(try trials(json) == trials(again) && object(again)["trained"] as? Int == 0)
      let other = try ddpTrain(
        .alone,
        [
          "sweep", "--d-model", "16", "--batch", "16", "--learning-rate", "0.01", "--budget", "20ms", "--calibration",
          results, "--json", again,
        ])
      #expect(other.exitCode == 0, "\(other)")
      let steps = try trials(json).filter { $0["rung"] as? Int == 2 && $0["batch"] as? Int == 16 }.map {
        $0["steps"] as? Int
      }
      #expect(try steps.allSatisfy { try $0 == trials(again)[0]["steps"] as? Int })
    }

    @Test(
      "a bad grid is one clear error",
      arguments: [
        (["--d-model", "24"], "d-model 24 is not a multiple of 16"), (["--heads", "3"], "3 heads do not divide"),
        (["--steps", "10", "--names", "10"], "--steps, --names and --budget: only one"),
        (["--learning-rate", "0.01", "0.01"], "the grid has a trial twice"), (["--batch", "0"], "--batch \"0\""),
        (["--budget", "soon"], "--budget \"soon\" is not a time such as 2s"),
        (["--seeds", "10000", "--batch"] + (1...9).map { "\($0)" }, "the most are 100,000"),
        (["--resume"], "--resume goes on with --results FILE"), (["--halving", "1"], "--halving \"1\""),
        (["--results", "/nowhere/r.jsonl"], "there is no folder /nowhere"), (["--config", "none"], "none: no such"),
        (["--calibration", "/nowhere/r.jsonl"], "/nowhere/r.jsonl"), (["--data", "/nowhere/names"], "/nowhere/names"),
      ])
    func refusals(options: [String], message: String) throws {
      for start in Start.both {
        let result = try ddpTrain(start, ["sweep"] + options)
        #expect(result.exitCode != 0, "\(result)")
        #expect(result.stderr.components(separatedBy: message).count == 2, "\(message): \(result)")
      }
    }

    @Test("a grid from a file, and its mistakes with file, line and key")
    func file() throws {
      let folder = try TemporaryFolder()
      let path = folder.path("grid.yaml")
      try "d-model: 16\nbatch: [8, 16]\nlearning-rate:\n  - 0.01\n  - 0.02\nsteps: 20\n".write(
        toFile: path, atomically: true, encoding: .utf8)
      let json = folder.path("r.json")
      let result = try ddpTrain(.alone, ["sweep", "--config", path, "--json", json])
      #expect(try result.exitCode == 0 && trials(json).count == 4, "\(result)")
      for (text, message) in [
        ("batch: [8, 0]", "grid.yaml:1: batch: \"0\" is not"),
        ("steps: 9\nseeds: [1, 2]", "grid.yaml:2: seeds must be a single value"),
        ("batch: []", "grid.yaml:1: batch has no value"), ("batches: 3", "did you mean \"batch\"?"),
      ] {
        try (text + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        expectFailure(try ddpTrain(.alone, ["sweep", "--config", path]), saying: message, code: 64)
      }
    }
  }
}

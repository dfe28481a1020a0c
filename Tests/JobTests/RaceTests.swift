import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// Races to targets that are easy to reach: a second of searching, and the runs for real.
  @Suite("race")
  struct Race {
    private static let easy = ["race", "--d-model", "16", "--batch", "32", "64", "128", "--target", "2.4"]

    private func object(_ path: String) throws -> [String: Any] {
      try #require(
        try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any])
    }

    @Test("times to the target on each number of ranks, and ratios to the reference", arguments: 1...3)
    func results(ranks: Int) throws {
      let folder = try TemporaryFolder()
      let json = folder.path("race.json")
      let result = try ddpTrain(.ranks(ranks), Self.easy + ["--no-table", "--json", json], timeout: .seconds(300))
      #expect(result.exitCode == 0, "\(result)")
      let file = try object(json)
      #expect(file["ranks"] as? Int == ranks && file["target"] as? Double == 2.4)
      #expect(file["loss"] as? String == "training" && file["nearest_loss"] == nil)
      let reference = try #require(file["reference"] as? [String: Any])
      #expect(reference["c"] as? Int == 32 && reference["steps"] as? Int == 1500)
      #expect(reference["ratio"] as? Double == 1)
      let race = try #require(file["race"] as? [[String: Any]])
      for row in race {
        let seeds = try #require(row["seeds"] as? [[String: Any]])
        #expect(seeds.count == 5)
        let reached = seeds.filter { $0["reached"] as? Bool == true }
        for seed in seeds {
          let loss = try #require(seed["training_loss"] as? Double)
          #expect((seed["reached"] as? Bool == true) == (loss < 2.4))
        }
        #expect(row["reached"] as? Bool == (reached.count >= 4))
        let ratio = try #require(row["ratio"] as? Double)
        #expect(ratio.isFinite && ratio > 0)
        let seconds = seeds.compactMap { $0["seconds"] as? Double }.sorted()
        #expect(row["seconds_to_target"] as? Double == (reached.count >= 4 ? seconds[2] : nil))
      }
      let uses = Set(race.map { "\($0["use"] ?? "") \($0["ranks"] ?? "")" })
      #expect(uses.contains("one training 1") && uses.contains("one training \(ranks)"))
      #expect(uses.contains("several at once \(ranks)") == (ranks > 1))
      let steps = try #require(file["steps_to_target"] as? [[String: Any]])
      #expect(steps.count == 3 && file["knobs_c"] as? Int == 16)
      #expect(file["step_times"] is [Any] && file["definitions"] is [String])
      #expect(result.stdout.contains("training loss below 2.4"), "\(result)")
    }

    @Test("groups of ranks race too, where there are several")
    func groups() throws {
      let folder = try TemporaryFolder()
      let json = folder.path("race.json")
      let groups = ["--sync-every", "8", "--groups", "rank", "--no-table", "--json", json]
      let result = try ddpTrain(.ranks(2), Self.easy + groups, timeout: .seconds(300))
      #expect(result.exitCode == 0, "\(result)")
      let rows = try #require(object(json)["race"] as? [[String: Any]]).filter { $0["use"] as? String == "groups" }
      #expect(rows.count == 2, "\(result)")
      for row in rows {
        #expect(row["groups"] as? Int == 2 && row["sync_every"] as? Int == 8 && row["outer"] as? String == "average")
        #expect(row["ranks"] as? Int == 2 && row["ratio"] is Double)
      }
      #expect(result.stdout.contains("2 groups, every 8 steps"))
      let steps = try #require(object(json)["steps_to_target"] as? [[String: Any]])
      #expect(steps.map { $0["batch"] as? Int } == [32, 64, 128])
      let alone = try ddpTrain(.ranks(2), Self.easy + ["--sync-every", "8", "--no-table", "--limit", "3s"])
      #expect(alone.stdout.contains("not measured: groups of ranks: the 2 ranks of this job are one group"), "\(alone)")
    }

    @Test("a target that nothing reaches: how near the best came, and the file all the same")
    func unreached() throws {
      let folder = try TemporaryFolder()
      let json = folder.path("race.json")
      let arguments = ["race", "--d-model", "16", "--batch", "64", "--target", "0.5", "--limit", "2s", "--json", json]
      let result = try ddpTrain(.ranks(2), arguments, timeout: .seconds(300))
      #expect(result.exitCode == 1 && result.errors.count == 1, "\(result)")
      #expect(
        result.errors.first?.hasPrefix("ddp-train: error: nothing reached a training loss below 0.500") == true,
        "\(result)")
      let file = try object(json)
      #expect((file["race"] as? [Any])?.isEmpty == true && file["target"] as? Double == 0.5)
    }

    @Test("a request to stop, at whichever rank", arguments: [0, 1])
    func stopped(rank: Int) throws {
      let result = try ddpTrain(.ranks(2), ["race", "--target", "1.9"]) { job in
        try job.wait(until: "the rank listens") {
          job.children.count == 2 && job.handles(SIGUSR1, in: job.children[rank])
        }
        kill(job.children[rank], SIGUSR1)
      }
      #expect(result.exitCode == 130 && result.stderr.contains("stopped by SIGUSR1"), "\(result)")
      #expect(result.stdout.isEmpty, "\(result)")
    }

    @Test("configurations of a sweep")
    func fromSweep() throws {
      let folder = try TemporaryFolder()
      let (sweep, json) = (folder.path("sweep.jsonl"), folder.path("race.json"))
      let swept = try ddpTrain(
        .ranks(2),
        ["sweep", "--d-model", "16", "--batch", "64", "--learning-rate", "0.01", "0.02", "--steps", "400", "600"]
          + ["--results", sweep])
      #expect(swept.exitCode == 0, "\(swept)")
      let from = ["race", "--from", sweep, "--no-table", "--json", json]
      let result = try ddpTrain(.ranks(2), from + ["--target", "2.5"], timeout: .seconds(300))
      #expect(result.exitCode == 0, "\(result)")
      let race = try #require(try object(json)["race"] as? [[String: Any]])
      #expect(!race.isEmpty && race.allSatisfy { $0["c"] as? Int == 16 && $0["batch"] as? Int == 64 })
      let none = try ddpTrain(.ranks(2), from + ["--target", "0.5"])
      expectFailure(none, saying: "no trial there has a training loss below 0.500")
    }

    @Test("wrong arguments and files, in one line")
    func refused() throws {
      let folder = try TemporaryFolder()
      let (empty, damaged) = (folder.path("empty"), folder.path("damaged"))
      try Data().write(to: URL(fileURLWithPath: empty))
      try Data("{\"type\": \"trial\", \"c\"\n".utf8).write(to: URL(fileURLWithPath: damaged))
      for (arguments, message, code) in [
        (["--target", "nan"], "--target \"nan\" is not a number from 0.001", 64),
        (["--batch", "0"], "--batch \"0\" is not a whole number from 1", 64),
        (["--d-model", "17"], "d-model 17 is not a multiple of 16", 64),
        (["--from", folder.path("missing")], "no such file", 1), (["--from", empty], "no trial there", 1),
        (["--from", damaged], "\(damaged):1: ", 1),
      ] as [([String], String, Int32)] {
        let result = try ddpTrain(.ranks(2), ["race"] + arguments)
        expectFailure(result, saying: message, code: code)
        #expect(result.stdout.isEmpty, "\(result)")
      }
    }
  }
}

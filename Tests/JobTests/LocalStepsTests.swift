import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// Groups of ranks that take steps of their own between two exchanges.
  @Suite("--sync-every")
  struct LocalStepsJobs {
    private func run(_ start: Start, _ arguments: [String], nodes: String? = nil) throws -> RunResult {
      let words = ["--d-model", "16", "--batch", "12", "--steps", "60", "--generate", "0", "--progress", "never"]
      guard case .ranks(let ranks) = start else { return try ddpTrain(.alone, words + arguments) }
      return try MPIRun(
        ranks: ranks, options: withoutGrace, environment: nodes.map { ["DDP_TRAIN_TEST_NODES": $0] } ?? [:]
      ).run("ddp-train", words + arguments)
    }

    private func hash(_ start: Start, _ arguments: [String], nodes: String? = nil) throws -> String {
      let result = try run(start, arguments, nodes: nodes)
      try #require(result.exitCode == 0, "\(result)")
      return try #require(result.line("parameters"), "\(result)")
    }

    @Test(
      "one group ends with the bits of the ordinary run, and a warning says so", arguments: ["average", "nesterov"])
    func oneGroup(outer: String) throws {
      let local = ["--sync-every", "7", "--outer", outer]
      #expect(try hash(.alone, local) == hash(.alone, []))
      #expect(try hash(.alone, local + ["--groups", "rank"]) == hash(.alone, []))
      #expect(try hash(.ranks(1), local) == hash(.ranks(1), []))
      #expect(try hash(.ranks(3), local) == hash(.ranks(3), []))
      #expect(try hash(.ranks(3), local + ["--groups", "1"]) == hash(.ranks(3), []))
      #expect(
        try run(.ranks(2), local).stderr.contains(
          "sync-every 7 has no effect: all ranks are on one node, and groups is host, so there is one group"))
      #expect(
        try run(.alone, local).stderr.contains("sync-every 7 has no effect: there is one rank, so there is one group"))
    }

    @Test(
      "reproducible: the same bits for two groups, whatever ranks each has",
      arguments: [
        ["--sync-every", "7"], ["--sync-every", "7", "--outer", "nesterov"], ["--sync-every", "7", "--sync-overlap"],
      ])
    func reproducible(local: [String]) throws {
      let arguments = local + ["--groups", "2", "--reproducible"]
      let two = try hash(.ranks(2), arguments)
      #expect(try hash(.ranks(3), arguments) == two)
      #expect(try hash(.ranks(4), arguments) == two)
      #expect(try hash(.ranks(3), local + ["--reproducible"], nodes: "1,2") == two)
      #expect(try hash(.ranks(3), local + ["--reproducible", "--groups", "rank"]) != two)
    }

    @Test(
      "groups of uneven hosts: all of the batch, each once, and the losses of all",
      arguments: [(3, "2,1"), (3, "1,2"), (4, "1,3")])
    func uneven(ranks: Int, nodes: String) throws {
      let folder = try RunFolder()
      let arguments = ["--batch", "12", "--steps", "60"]
      let plain = try folder.train(ranks, arguments, nodes: nodes)
      try folder.clear()
      let local = try folder.train(ranks, arguments + ["--sync-every", "1"], nodes: nodes)
      // The same names and the same model: only the last bits of a loss differ before the first update.
      #expect(abs(local.losses[0] - plain.losses[0]) < 1e-5)
      #expect(local.losses.count == 60 && abs(local.losses[59] - plain.losses[59]) < 0.1)
      let perName = [local, plain].map { $0.records.map { $0.positionsPerSecond / $0.namesPerSecond } }
      #expect(firstMismatch(perName[0], perName[1]) { _ in 1e-9 } == nil)
    }

    @Test(
      "a resumed run ends with the bits of an undisturbed one, its moments and outer momentum too",
      arguments: [
        (2, ["--groups", "rank"], nil), (3, ["--groups", "2"], nil), (3, [], "1,2"),
        (2, ["--groups", "rank", "--outer", "nesterov"], nil),
        (3, ["--groups", "2", "--outer", "nesterov", "--reproducible"], nil),
        (2, ["--groups", "rank", "--sync-overlap"], nil),
      ] as [(Int, [String], String?)])
    func resumed(ranks: Int, groups: [String], nodes: String?) throws {
      let folder = try RunFolder()
      let arguments = ["--batch", "12", "--steps", "200", "--checkpoint-every", "90", "--sync-every", "8"] + groups
      let whole = try folder.train(ranks, arguments, nodes: nodes)
      // The first exchange after it was due; where exchanges overlap the one after that, when the request has come round.
      let kept = groups.contains("--sync-overlap") ? 104 : 96
      #expect(folder.steps.first == kept && folder.steps.last == 200)
      let end = try folder.data(200)
      for step in folder.steps where step != kept { try folder.remove(step) }
      let resumed = try folder.train(ranks, arguments + ["--resume"], nodes: nodes)
      #expect(resumed.final.resumedFrom == kept)
      #expect(resumed.final.parametersHash == whole.final.parametersHash)
      #expect(resumed.losses == whole.losses)
      #expect(try folder.data(200) == end)
    }

    @Test("on another number of groups it goes on, and says what that changes")
    func otherGroups() throws {
      let folder = try RunFolder()
      let arguments = [
        "--batch", "12", "--steps", "200", "--checkpoint-every", "100", "--sync-every", "4", "--groups", "rank",
      ]
      _ = try folder.train(3, arguments)
      try folder.remove(200)
      let other = try folder.run(2, ["--resume"])
      #expect(other.exitCode == 0, "\(other)")
      #expect(
        other.stderr.contains("the run had 3 groups of ranks and goes on with 2: each takes another part of a batch"),
        "\(other)")
      try folder.remove(200)
      let alone = try folder.run(1, ["--resume"])
      #expect(
        alone.exitCode == 0 && alone.stderr.contains("the run had 3 groups of ranks and goes on with 1"), "\(alone)")
    }

    @Test(
      "a stop request ends all groups at the same exchange, with a checkpoint there",
      arguments: [[], ["--sync-overlap"]])
    func stopped(more: [String]) throws {
      let folder = try RunFolder()
      let arguments = ["--steps", "1000000", "--sync-every", "50", "--groups", "rank"] + more
      let result = try folder.run(3, arguments) { job in
        try job.wait(until: "steps were taken") { folder.recordedSteps > 20 }
        try #require(job.children.count == 3)
        kill(job.children[2], SIGTERM)
      }
      #expect(result.exitCode == 130 || result.stdout.contains("interrupted after step"), "\(result)")
      let step = try #require(folder.steps.last)
      #expect(step % 50 == 0)
      let longer = try folder.run(3, ["--resume", "--steps", "\(step + 100)"])
      #expect(longer.exitCode == 0 && longer.stdout.contains("extended"), "\(longer)")
    }

    @Test(
      "a bit that turns over in a group's model is found at the next exchange",
      arguments: [(2, ["--groups", "rank"]), (4, ["--groups", "2"])])
    func bitFlip(ranks: Int, groups: [String]) throws {
      let flip = ["--sync-every", "8", "--check-replicas", "8", "--inject-bit-flip", "1,33"] + groups
      let result = try run(.ranks(ranks), flip)
      expectFailure(result, saying: "replicas differ after step 40: ")
      #expect(result.stderr.contains("rank 1 on "), "\(result)")
      #expect(try run(.ranks(ranks), ["--sync-every", "8", "--check-replicas", "8"] + groups).exitCode == 0)
    }

    @Test("held-out losses are of one model: reported after the exchange that follows")
    func evaluations() throws {
      let folder = try RunFolder()
      let metrics = try folder.train(
        2, ["--steps", "64", "--sync-every", "10", "--groups", "rank", "--eval", "--eval-every", "25"])
      #expect(metrics.records.filter { $0.heldOut != nil }.map(\.step) == [30, 50, 64])
      let overlapping = try RunFolder().train(
        2,
        ["--steps", "64", "--sync-every", "10", "--groups", "rank", "--eval", "--eval-every", "25", "--sync-overlap"])
      #expect(overlapping.records.filter { $0.heldOut != nil }.map(\.step) == [30, 50, 64])
    }

    @Test("the metrics say how many groups and exchanges there were, and what these took")
    func metrics() throws {
      let folder = try RunFolder()
      _ = try folder.train(2, ["--steps", "64", "--sync-every", "10", "--groups", "rank"])
      let text = try String(contentsOfFile: folder.metricsPath, encoding: .utf8)
      let last = try #require(text.split(separator: "\n").last)
      #expect(last.contains("\"groups\": 2, \"exchanges\": 7, \"exchange_seconds\": 0."), "\(last)")
    }

    @Test("a trace has the exchanges, also after each step", arguments: [1, 4])
    func trace(every: Int) throws {
      let folder = try TemporaryFolder()
      let trace = folder.path("trace.json")
      let result = try run(
        .ranks(2), ["--sync-every", "\(every)", "--groups", "rank", "--trace", trace, "--trace-steps", "9:8"])
      #expect(result.exitCode == 0, "\(result)")
      let file = try #require(
        try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: trace))) as? [String: Any])
      let events = try #require(file["traceEvents"] as? [[String: Any]])
      let synchronisations = events.filter { $0["name"] as? String == "synchronisation" && $0["pid"] as? Int == 0 }
      // Two of a group of one rank's own in each of 8 steps, and one of each exchange.
      #expect(synchronisations.count >= 16 + 8 / every, "\(synchronisations.count)")
    }

    @Test(
      "what cannot be is refused in one line",
      arguments: [
        (["--groups", "3"], "groups 3 needs a rank for each of them, and there are 2"),
        (["--batch", "1", "--groups", "rank"], "a batch of 1 name leaves one of 2 groups without any"),
        (["--average", "0.5", "--eval"], "average 0.5 does not go with sync-every"),
        (["--sync", "sharded"], "sync sharded does not go with sync-every"),
        (["--domains", "2"], "domains 2 does not go with sync-every"),
        (["--sync-tournament"], "sync-tournament does not go with sync-every 4"),
        (["--outer-rate", "0.5"], "--outer-rate has no effect with --outer average"),
        (["--outer", "nesterov", "--outer-momentum", "1"], "--outer-momentum \"1\" is not a number from 0"),
      ])
    func refused(more: [String], words: String) throws {
      expectFailure(try run(.ranks(2), ["--sync-every", "4"] + more), saying: words, code: 64)
    }

    @Test(
      "without groups, what is about them is refused",
      arguments: [["--groups", "rank"], ["--outer", "nesterov"], ["--sync-overlap"]])
    func withoutEffect(words: [String]) throws {
      expectFailure(
        try run(.alone, words),
        saying: "\(words[0]) has no effect without --sync-every: all ranks synchronise in every step",
        code: 64)
    }
  }
}

import MPIRunSupport
import Testing

extension Jobs {
  /// The options of how a run learns, through the real program.
  @Suite("schedule, warm-up, β₂, a batch that grows, averaged parameters")
  struct Recipes {
    private static let recipe = [
      "--steps", "90", "--schedule", "wsd", "--warm-up", "10", "--beta2", "0.95", "--batch", "64", "--batch-ramp", "3",
    ]

    @Test("interrupted and resumed, they end with an uninterrupted run's bits", arguments: [1, 2])
    func resumed(ranks: Int) throws {
      let folder = try RunFolder()
      let arguments = Self.recipe + ["--checkpoint-every", "30"]
      let whole = try folder.train(ranks, arguments)
      // A writer that is busy delays a checkpoint.
      let first = try #require(folder.steps.first { $0 < 90 })
      let end = try folder.data(90)
      for step in folder.steps where step > first { try folder.remove(step) }
      let resumed = try folder.train(ranks, arguments + ["--resume"])
      #expect(resumed.final.resumedFrom == first && resumed.final.parametersHash == whole.final.parametersHash)
      #expect(resumed.losses == whole.losses)
      #expect(try folder.data(90) == end)
    }

    @Test("with --reproducible the ranks make no difference, also where they have no names")
    func anyRanks() throws {
      for (batch, ramp) in [("64", "3"), ("4", "2")] {
        let arguments = ["--reproducible", "--d-model", "16", "--steps", "60", "--batch", batch, "--batch-ramp", ramp]
        let one = try train(.ranks(1), arguments).final.parametersHash
        for ranks in [2, 3, 5] {
          #expect(try train(.ranks(ranks), arguments).final.parametersHash == one, "batch \(batch), N = \(ranks)")
        }
      }
    }

    @Test("the header says what is used")
    func header() throws {
      let result = try ddpTrain(.alone, ["--d-model", "16", "--generate", "0"] + Self.recipe)
      let rate = "learning rate rising to 0.003 over the first 10 and falling to 0 over the last 18"
      #expect(
        result.line("run") == "batch 8, doubling 3 times to 64, 90 steps, \(rate), β₂ 0.95, seed 1", "\(result)")
    }

    @Test(
      "each of them makes another run",
      arguments: [["--schedule", "cosine"], ["--warm-up", "5"], ["--beta2", "0.9"], ["--batch-ramp", "1"]])
    func another(option: [String]) throws {
      let arguments = ["--d-model", "16", "--steps", "20"]
      let plain = try train(.ranks(1), arguments).final.parametersHash
      #expect(try train(.ranks(1), arguments + option).final.parametersHash != plain)
    }

    @Test(
      "a run that averages, interrupted within and before, ends with the same bits, sums, losses and names",
      arguments: [(1, "auto"), (2, "shared"), (2, "sharded"), (2, "allreduce"), (3, "shared")])
    func averaged(ranks: Int, strategy: String) throws {
      let folder = try RunFolder()
      let arguments = [
        "--steps", "1500", "--average", "0.5", "--eval", "--generate", "5", "--sync", strategy, "--checkpoint-every",
        "500",
      ]
      let whole = try folder.run(ranks, arguments)
      #expect(whole.exitCode == 0, "\(whole)")
      let stored = folder.steps
      #expect(stored.last == 1500 && stored.count > 1)
      let (end, loss) = (try folder.data(1500), try Metrics(path: folder.metricsPath).final.heldOut?.loss)
      let names = try ddpTrain(.alone, ["generate", "--model", folder.file(1500), "--count", "5"])
      #expect(names.lines == whole.lines.suffix(5), "\(names)\n\(whole)")
      for last in stored.dropLast().reversed() {
        for step in folder.steps where step > last { try folder.remove(step) }
        let resumed = try folder.run(ranks, arguments + ["--resume"])
        #expect(resumed.line("parameters") == whole.line("parameters"), "\(resumed)")
        #expect(resumed.lines.suffix(5) == whole.lines.suffix(5))
        #expect(try folder.data(1500) == end)
        #expect(try Metrics(path: folder.metricsPath).final.heldOut?.loss == loss)
      }
      // The end again, of which nothing is left to train.
      let again = try folder.run(ranks, arguments + ["--resume"])
      #expect(again.lines.suffix(5) == whole.lines.suffix(5), "\(again)")
    }

    @Test("averaging changes what is judged, not what is trained")
    func averageAlone() throws {
      let arguments = ["--d-model", "16", "--steps", "60", "--eval"]
      let plain = try train(.ranks(2), arguments).final
      let averaged = try train(.ranks(2), arguments + ["--average", "0.5"]).final
      #expect(averaged.parametersHash == plain.parametersHash && averaged.lossLast100 == plain.lossLast100)
      let (one, other) = (try #require(plain.heldOut).loss, try #require(averaged.heldOut).loss)
      #expect(one != other && abs(one - other) < 0.5)
    }
  }
}

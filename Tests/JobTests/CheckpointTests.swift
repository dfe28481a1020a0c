import Foundation
import GPT
import Kernels
import MPIRunSupport
import SafeTensors
import TestSupport
import Testing

extension Jobs {
  /// Runs that go on from where another was.
  @Suite("checkpoints and --resume")
  struct Checkpoints {
    /// So many that a job is killed long before the last.
    private static let steps = 30_000
    private static let reproducible = ["--reproducible", "--steps", "\(steps)", "--checkpoint-every", "500"]

    @Test(
      "killed and resumed on other ranks: the same bits as an uninterrupted run", arguments: [(2, 3), (3, 1), (1, 2)])
    func killed(ranks: Int, then others: Int) throws {
      let whole = try RunFolder().train(2, Self.reproducible)
      let folder = try RunFolder()
      let killed = try folder.run(ranks, Self.reproducible) { job in
        try job.wait(until: "there is a checkpoint") { !folder.steps.isEmpty }
        try #require(job.children.count == ranks)
        kill(job.children[ranks - 1], SIGKILL)
      }
      #expect(killed.exitCode == 137, "\(killed)")
      let resumed = try folder.train(others, Self.reproducible + ["--resume"])
      #expect(resumed.final.parametersHash == whole.final.parametersHash)
      #expect(resumed.final.lossLast100 == whole.final.lossLast100)
      #expect(resumed.losses == whole.losses)
      #expect(resumed.records.map(\.step) == Array(1...Self.steps))
      let times = resumed.records.map(\.elapsedSeconds)
      #expect(times == times.sorted())
      let from = try #require(resumed.final.resumedFrom)
      #expect(from >= 500 && from < Self.steps, "\(from)")
    }

    /// The moments of the other ranks' slices are in the checkpoint, and come back to the ranks they belong to.
    @Test(
      "under every strategy the resumed run is the same to the bit",
      arguments: [
        (1, "auto", nil), (2, "allreduce", nil), (3, "allreduce", nil), (2, "sharded", nil), (3, "sharded", nil),
        (2, "shared", nil), (3, "shared", nil), (2, "shared --domains 2", nil), (5, "shared --domains 2", nil),
        (1, "factors", nil), (3, "factors", nil), (2, "overlap", nil),
        (3, "hierarchical", "2,1"),
        (3, "hierarchical", "1,2"), (3, "hierarchical", nil), (4, "hierarchical", "2,2"),
      ] as [(Int, String, String?)])
    func everyStrategy(ranks: Int, strategy: String, nodes: String?) throws {
      let folder = try RunFolder()
      let sync = strategy.split(separator: " ").map(String.init)
      let arguments = ["--steps", "200", "--checkpoint-every", "100", "--average", "0.7", "--sync"] + sync
      let whole = try folder.train(ranks, arguments, nodes: nodes)
      #expect(folder.steps == [100, 200])
      let end = try folder.data(200)
      try folder.remove(200)
      let resumed = try folder.train(ranks, arguments + ["--resume"], nodes: nodes)
      #expect(resumed.final.resumedFrom == 100)
      #expect(resumed.final.parametersHash == whole.final.parametersHash)
      #expect(resumed.losses == whole.losses)
      // The moments too; and no checkpoint fell due before its step.
      #expect(try folder.data(200) == end && folder.steps == [100, 200])
    }

    /// Which is which follows from nothing else: moments that are exchanged on the way out and back make the same run.
    /// After one step they are (1 − β₁) g and (1 − β₂) g²: one rounding, which the square doubles, and two. Each is of half
    /// an ulp at most; a third ulp is for products of roundings.
    @Test("adam.first is the mean of the gradient, adam.second that of its square")
    func moments() throws {
      let folder = try RunFolder()
      _ = try folder.train(2, ["--steps", "1", "--sync", "sharded"])
      let file = try SafeTensorsFile(path: folder.file(1))
      let share = Double(Float(1 - AdamStep.beta1))
      let ratio = Double(Float(1 - AdamStep.usualBeta2)) / (share * share)
      var compared = 0
      for tensor in Tensor.allCases {
        let first = try file.float32("adam.first.\(tensor.name)")
        let second = try file.float32("adam.second.\(tensor.name)")
        // Far from the smallest normal number.
        for (m, v) in zip(first, second) where v > 1e-30 {
          compared += 1
          #expect(abs(Double(v) / (ratio * Double(m) * Double(m)) - 1) < 3 * Double(Float.ulpOfOne), "\(tensor)")
        }
      }
      #expect(compared > 3000)
    }

    @Test("a checkpoint of a reproducible run has the same bits whatever ranks and strategy")
    func sameBits() throws {
      var all: [Data] = []
      let runs: [(Int, String, String?)] = [
        (1, "auto", nil), (2, "shared", nil), (3, "shared", nil), (2, "factors", nil), (3, "hierarchical", "2,1"),
      ]
      for (ranks, strategy, nodes) in runs {
        let folder = try RunFolder()
        let arguments = ["--reproducible", "--steps", "60", "--sync", strategy, "--checkpoint-every", "30"]
        _ = try folder.train(ranks, arguments, nodes: nodes)
        // Without the losses in front: their sum over ranks is not of the reproducible ones.
        all.append(try folder.model(30) + folder.model(60))
      }
      #expect(Set(all).count == 1)
    }

    @Test("another strategy and another number of ranks go on, and learn the same")
    func otherStrategy() throws {
      let folder = try RunFolder()
      let arguments = ["--steps", "60", "--checkpoint-every", "30"]
      let whole = try folder.train(2, arguments + ["--sync", "sharded"])
      for (ranks, strategy) in [(3, "allreduce"), (1, "auto"), (3, "sharded")] {
        try folder.remove(60)
        let resumed = try folder.train(ranks, arguments + ["--sync", strategy, "--resume"])
        for (one, other) in zip(resumed.losses, whole.losses) { #expect(abs(one - other) < 1e-5 * other) }
      }
    }

    @Test("a finished run is not run again: its final record, with any number of ranks", arguments: [1, 3])
    func finished(ranks: Int) throws {
      let folder = try RunFolder()
      let arguments = ["--steps", "150", "--reproducible", "--eval"]
      let run = try folder.run(2, arguments)
      let whole = try Metrics(path: folder.metricsPath)
      #expect(folder.steps == [150])
      let before = try Data(contentsOf: URL(fileURLWithPath: folder.file(150)))
      let result = try folder.run(ranks, arguments + ["--resume"])
      for title in ["split", "balance"] {
        #expect(result.line(title) == run.line(title) && run.line(title) != nil, "\(result)\n\(run)")
      }
      let again = try Metrics(path: folder.metricsPath)
      #expect(again.records.count == 150 && again.final.steps == 150 && again.final.resumedFrom == 150)
      #expect(again.final.parametersHash == whole.final.parametersHash)
      #expect(again.final.lossLast100 == whole.final.lossLast100)
      #expect(again.final.microsecondsPerStep == whole.final.microsecondsPerStep)
      let (loss, expected) = (try #require(again.final.heldOut).loss, try #require(whole.final.heldOut).loss)
      // Summed over other ranks.
      #expect(abs(loss - expected) < 1e-9 * expected)
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file(150))) == before)
    }

    @Test("with no checkpoint yet --resume begins, and says so; without it a folder with a run is refused")
    func freshStart() throws {
      let folder = try RunFolder()
      let first = try folder.run(2, ["--steps", "20", "--resume"])
      #expect(first.exitCode == 0, "\(first)")
      #expect(first.line("resumed") == "no checkpoint in \(folder.path) yet, a fresh start", "\(first)")
      #expect(try Metrics(path: folder.metricsPath).final.resumedFrom == nil)
      let second = try folder.run(2, ["--steps", "20"])
      expectFailure(second, saying: "\(folder.path) holds a run at step 20: --resume goes on with it; or name another")
      #expect(folder.steps == [20])
      #expect(try Metrics(path: folder.metricsPath).records.count == 20)
    }

    @Test("a damaged checkpoint is named and passed over; if none is whole nothing is begun")
    func damaged() throws {
      let folder = try RunFolder()
      let arguments = ["--steps", "3000", "--checkpoint-every", "1000", "--reproducible"]
      let whole = try folder.train(2, arguments)
      let steps = folder.steps
      try #require(steps.count >= 2 && steps.last == 3000, "\(steps)")
      let previous = steps[steps.count - 2]
      try folder.damage(3000)
      let resumed = try folder.run(3, arguments + ["--resume"])
      #expect(resumed.exitCode == 0, "\(resumed)")
      #expect(
        resumed.line("resumed")
          == "from step \(previous / 1000),\(String(format: "%03d", previous % 1000)), \(folder.file(previous))",
        "\(resumed)")
      let name = "checkpoint \(folder.file(3000)): damaged: its checksum does not match; passed over and renamed"
      #expect(resumed.stderr.components(separatedBy: name).count == 2, "\(resumed)")
      #expect(try Metrics(path: folder.metricsPath).final.parametersHash == whole.final.parametersHash)
      #expect(folder.steps.last == 3000 && FileManager.default.fileExists(atPath: folder.file(3000) + ".damaged"))
      for step in folder.steps { try folder.damage(step) }
      expectFailure(
        try folder.run(2, arguments + ["--resume"]), saying: "no checkpoint in \(folder.path) is whole: ")
      #expect(folder.steps.last == 3000)
    }

    @Test("a checkpoint of another run is refused with what differs")
    func otherRun() throws {
      let folder = try RunFolder()
      let names = try TemporaryFolder()
      let data = try names.file("names", "anna\nbert\ncarl\ndora\n")
      _ = try folder.train(1, ["--steps", "20"])
      let cases: [([String], String)] = [
        (["--steps", "30", "--beta2", "0.9"], "is of another run: beta2 is 0.99 there and 0.9 here"),
        (["--steps", "20", "--batch", "32"], "is of another run: batch is 16 there and 32 here"),
        (
          ["--steps", "20", "--seed", "2", "--learning-rate", "0.1"],
          "learning-rate is 0.003 there and 0.1 here; seed is 1 there and 2 here"
        ),
        (["--steps", "20", "--d-model", "32"], "d-model is 16 there and 32 here"),
        (["--steps", "20", "--heads", "2"], "heads is 4 there and 2 here"),
        (["--steps", "20", "--eval"], "eval is false there and true here"),
        (["--steps", "20", "--exp", "exact"], "exp is fast there and exact here"),
        (["--steps", "20", "--reproducible"], "reproducible is false there and true here"),
        (["--steps", "20", "--data", data], "data-set is "),
      ]
      for (arguments, message) in cases {
        expectFailure(try folder.run(2, arguments + ["--resume"], metrics: false), saying: message)
      }
      #expect(folder.steps == [20])
      _ = names
    }

    @Test(
      "without --reproducible other sums go on, with it not",
      arguments: [
        (["--no-prefix-sharing"], "prefix-sharing is true there and false here"),
        (["--no-padding-skip"], "padding-skip is true there and false here"),
      ])
    func otherSums(options: [String], difference: String) throws {
      for reproducible in [false, true] {
        let folder = try RunFolder()
        let arguments = ["--steps", "20"] + (reproducible ? ["--reproducible"] : [])
        _ = try folder.train(1, arguments)
        let result = try folder.run(1, arguments + options + ["--resume"])
        if reproducible {
          expectFailure(result, saying: "is of another run: \(difference)")
        } else {
          #expect(result.exitCode == 0, "\(result)")
        }
      }
    }

    @Test("a reproducible run goes on with another engine, to the same bits")
    func otherEngine() throws {
      let folder = try RunFolder()
      let arguments = ["--steps", "40", "--checkpoint-every", "20", "--reproducible"]
      let whole = try folder.run(2, arguments)
      #expect(whole.exitCode == 0, "\(whole)")
      try folder.remove(40)
      let again = try folder.run(1, arguments + ["--resume", "--engine", "scalar"])
      #expect(
        again.stdout.contains("engine scalar") && again.line("parameters") == whole.line("parameters"), "\(again)")
    }

    @Test("the winner of a tournament is kept, for the same ranks on the same hosts")
    func tournament() throws {
      let folder = try RunFolder()
      let arguments = ["--steps", "40", "--checkpoint-every", "20", "--sync-tournament"]
      let first = try folder.run(2, arguments)
      #expect(first.stdout.contains("of it synchronisation + Adam"), "\(first)")
      try folder.remove(40)
      let again = try folder.run(2, arguments + ["--resume"])
      #expect(again.stdout.contains("tournament of the checkpoint: "), "\(again)")
      #expect(again.line("ranks") == first.line("ranks"), "\(again)")
      try folder.remove(40)
      #expect(try folder.run(3, arguments + ["--resume"]).stdout.contains("of it synchronisation + Adam"))
    }

    @Test("names from a checkpoint are those of its run", arguments: [1, 2])
    func generate(ranks: Int) throws {
      let folder = try RunFolder()
      let run = try folder.run(2, ["--steps", "200", "--seed", "5", "--generate", "4"])
      let model = ["generate", "--model", folder.file(200), "--count", "4"]
      let names = try ddpTrain(.ranks(ranks), model)
      #expect(names.exitCode == 0 && names.lines == run.lines.suffix(4), "\(names)")
      expectFailure(
        try ddpTrain(.ranks(ranks), model + ["--steps", "5"]), saying: "--steps is of no use with --model", code: 64)
      try folder.damage(200)
      expectFailure(try ddpTrain(.ranks(ranks), model), saying: "its checksum does not match")
    }

    /// So many that ranks share them, in blocks that do not come out even.
    @Test("many names are the same on any ranks, from a checkpoint and at a run's end")
    func manyNames() throws {
      let folder = try RunFolder()
      let run = try folder.run(2, ["--steps", "200", "--seed", "5", "--generate", "20001"])
      let model = ["generate", "--model", folder.file(200), "--count", "20001"]
      let alone = try ddpTrain(.alone, model)
      #expect(alone.exitCode == 0 && alone.lines.count == 20001 && Set(alone.lines).count > 5000)
      for ranks in 1...3 {
        #expect(try ddpTrain(.ranks(ranks), model).stdout == alone.stdout, "\(ranks) ranks")
      }
      #expect(run.lines.suffix(20001) == alone.lines)
    }
  }
}

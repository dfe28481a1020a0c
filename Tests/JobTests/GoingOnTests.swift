import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// What --resume needs no longer, more steps, and models to begin with.
  @Suite("--resume alone, more --steps, --init-from")
  struct GoingOn {
    private static let given = [
      "--d-model", "16", "--batch", "6", "--learning-rate", "0.02", "--seed", "9", "--generate", "3", "--temperature",
      "0.9",
    ]

    private func names(_ result: RunResult) -> [String] { result.lines.suffix(3) }

    private func hash(_ result: RunResult) throws -> String { try #require(result.line("parameters"), "\(result)") }

    /// The line that says how to go on.
    private func command(_ result: RunResult) throws -> String {
      let last = try #require(result.stderr.split(separator: "\n").last { $0.hasPrefix("to go on ") }, "\(result)")
      return String(last.dropFirst("to go on ".count).drop { $0 == " " })
    }

    private func shell(_ line: String, in folder: TemporaryFolder, environment: String = "") throws -> RunResult {
      try MPIRun.runScript("cd '\(folder.path)' && \(environment) \(line)", program: "ddp-train")
    }

    @Test("the run's own options, from any folder; its line goes on, quoted for the shell")
    func alone() throws {
      let folder = try TemporaryFolder()
      try folder.file("my names", "anna\nbert\ncarl\ndora\nemil\nfranz\n")
      let options = Self.given + ["--data", "my names", "--checkpoint-dir", "it's run 1", "--steps", "20"]
      let first = try ddpTrain(.alone, options + ["--sync", "shared"], folder: folder.path)
      #expect(first.exitCode == 0, "\(first)")
      #expect(first.stderr.contains("checkpoint it's run 1/step-000000020.safetensors\n"), "\(first)")
      let line = try command(first)
      #expect(line.hasSuffix(" --checkpoint-dir 'it'\\''s run 1' --resume --steps 40 --sync shared"), "\(line)")
      let again = try ddpTrain(.ranks(2), ["--checkpoint-dir", folder.path("it's run 1"), "--resume"])
      #expect(again.exitCode == 0 && again.line("run") == first.line("run"), "\(again)")
      #expect(try hash(again) == hash(first))
      #expect(names(again) == names(first))
      #expect(try command(again).hasPrefix("mpirun -np 2 "), "\(again)")
      let more = try shell(line, in: folder)
      #expect(more.line("resumed")?.hasPrefix("from step 20, ") == true, "\(more)")
      #expect(more.line("run")?.hasPrefix("batch 6, 40 steps, ") == true, "\(more)")
      #expect(names(more).count == 3)
      // A script that starts jobs says how to be called itself.
      let script = try shell(line, in: folder, environment: "DDP_TRAIN_STARTED_BY='a\\ b/train'")
      #expect(try command(script).hasPrefix("a\\ b/train --checkpoint-dir "), "\(script)")
    }

    @Test("more steps: another schedule from there on, said once, the same bits on any ranks, and not those of one run")
    func extended() throws {
      let options = ["--d-model", "16", "--reproducible", "--generate", "0", "--checkpoint-dir"]
      var hashes: [String] = []
      for ranks in [1, 2] {
        let folder = try TemporaryFolder()
        _ = try ddpTrain(.alone, options + [folder.path("run"), "--steps", "200"])
        let more = try ddpTrain(.ranks(ranks), ["--checkpoint-dir", folder.path("run"), "--resume", "--steps", "300"])
        #expect(
          more.line("extended")
            == "from 200 to 300 steps: the learning rate, 1.5e-05 in step 200, is 0.001 in the next, by another schedule; "
            + "the parameters and their hash are not those of 300 steps in one run", "\(more)")
        hashes.append(try hash(more))
        // From here on it is a run of 300 steps.
        let last = try ddpTrain(.alone, ["--checkpoint-dir", folder.path("run"), "--resume"])
        #expect(last.line("extended") == nil && last.exitCode == 0, "\(last)")
        hashes.append(try hash(last))
        let less = try ddpTrain(.alone, ["--checkpoint-dir", folder.path("run"), "--resume", "--steps", "299"])
        #expect(less.exitCode != 0 && less.errors.count == 1, "\(less)")
        #expect(less.errors.first?.contains("--steps is 299, and must be at least as many") == true, "\(less)")
      }
      let straight = try ddpTrain(.alone, options + [try TemporaryFolder().path("run"), "--steps", "300"])
      let whole = try hash(straight)
      #expect(Set(hashes).count == 1 && !hashes.contains(whole))
    }

    @Test("more steps of a run that averages: its last ones, which must be to come")
    func extendedAverage() throws {
      let folder = try TemporaryFolder()
      let resumed = ["--checkpoint-dir", folder.path("run"), "--resume", "--steps"]
      _ = try ddpTrain(
        .alone, ["--d-model", "16", "--average", "0.5", "--steps", "20", "--checkpoint-dir", folder.path("run")])
      let short = try ddpTrain(.ranks(2), resumed + ["39"])
      #expect(
        short.errors.first?.contains("begins before step 20, where the run is: steps must be at least 40") == true)
      for steps in ["40", "40"] {
        let result = try ddpTrain(.ranks(2), resumed + [steps])
        #expect(result.exitCode == 0 && result.line("run")?.contains("mean of the last 20 steps") == true, "\(result)")
      }
    }

    @Test("stopped by a signal: the checkpoint, and the line that goes on")
    func stopped() throws {
      let folder = try TemporaryFolder()
      let options = ["--d-model", "16", "--steps", "100000000", "--progress", "never", "--generate", "0"]
      let first = try ddpTrain(
        .alone, options + ["--checkpoint-dir", "run", "--metrics", "m.jsonl"], folder: folder.path
      ) { job in
        try job.wait(until: "it trains") { ((try? folder.data("m.jsonl"))?.count ?? 0) > 0 }
        kill(job.processID, SIGINT)
      }
      #expect(first.exitCode == 130, "\(first)")
      let line = try command(first)
      #expect(line.hasSuffix(" --checkpoint-dir run --resume --metrics m.jsonl --progress never"), "\(line)")
      let again = try shell("timeout -s INT 3 " + line, in: folder)
      #expect(again.line("resumed")?.hasPrefix("from step ") == true, "\(again)")
    }

    @Test("--init-from: the file's parameters, whatever the strategy; a checkpoint of it knows", arguments: [1, 3])
    func initial(ranks: Int) throws {
      let folder = try TemporaryFolder()
      for seed in ["1", "2"] {
        _ = try ddpTrain(
          .alone,
          ["--d-model", "16", "--heads", "2", "--steps", "30", "--seed", seed, "--checkpoint-dir", folder.path(seed)])
      }
      let file = { (seed: String) in folder.path("\(seed)/step-000000030.safetensors") }
      // A rate so small that no parameter changes.
      let still = ["--learning-rate", "1e-30", "--steps", "2", "--average", "0.5", "--generate", "3", "--seed", "1"]
      let own = folder.path("own")
      for sync in ["auto", "sharded", "allreduce"] {
        let words = still + ["--init-from", file("1"), "--sync", sync]
        let result = try ddpTrain(.ranks(ranks), words + (sync == "auto" ? ["--checkpoint-dir", own] : []))
        #expect(result.line("model")?.hasPrefix("d-model 16, 2 heads") == true, "\(result)")
        let names = try ddpTrain(.alone, ["generate", "--model", file("1"), "--count", "3"])
        #expect(result.lines.suffix(3) == names.lines[...], "\(result)")
      }
      let resumed = ["--checkpoint-dir", own, "--resume"]
      #expect(try ddpTrain(.ranks(ranks), resumed + ["--steps", "4"]).exitCode == 0)
      #expect(try ddpTrain(.ranks(ranks), resumed + ["--init-from", file("1")]).exitCode == 0)
      expectFailure(
        try ddpTrain(.ranks(ranks), resumed + ["--init-from", file("2")]), saying: "is of another run: init-from is ")
      let wide = try ddpTrain(.ranks(ranks), ["--init-from", file("1"), "--d-model", "32"])
      #expect(wide.errors.first?.contains("holds a model of d-model 16 with 2 heads") == true, "\(wide)")
      expectFailure(try ddpTrain(.ranks(ranks), ["--init-from", folder.path("none")]), saying: "none: no such file")
    }
  }
}

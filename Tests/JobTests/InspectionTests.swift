import Foundation
import MPIRunSupport
import SafeTensors
import TestSupport
import Testing

extension Jobs {
  /// What `info FILE` and `compare` say.
  @Suite("looking into files")
  struct Inspection {
    private static let training = [
      "--d-model", "16", "--steps", "20", "--schedule", "constant", "--warm-up", "4", "--learning-rate", "0.01",
      "--quiet", "--checkpoint-every", "10", "--seed", "7",
    ]

    private func info(_ words: String...) throws -> RunResult { try ddpTrain(.alone, ["info"] + words) }

    /// A run's folder, with checkpoints of steps 10 and 20.
    private func trained(_ more: [String] = []) throws -> RunFolder {
      let folder = try RunFolder()
      let result = try ddpTrain(.alone, Self.training + ["--checkpoint-dir", folder.path] + more)
      #expect(result.exitCode == 0 && folder.steps == [10, 20], "\(result)")
      return folder
    }

    @Test("a checkpoint, for people and as JSON; the folder's newest, and its others", arguments: [false, true])
    func checkpoint(isDamaged: Bool) throws {
      let folder = try trained()
      let shown = isDamaged ? 10 : 20
      if isDamaged { try folder.damage(20) }
      let result = try info(folder.path)
      #expect(result.exitCode == 0 && result.stderr == "", "\(result)")
      #expect(result.line("file")?.hasPrefix(folder.file(shown)) == true, "\(result)")
      #expect(result.line("model") == "d-model 16, 4 heads, 4,192 parameters", "\(result)")
      #expect(result.line("step") == "\(shown) of 20", "\(result)")
      let next = isDamaged ? "0.01 in the next" : "no step is left"
      #expect(result.line("rate") == "0.01 in step \(shown), \(next) (of 0.01 at most)", "\(result)")
      #expect(result.line("seed") == "7" && result.line("ranks") == "1 rank on 1 host, sync auto", "\(result)")
      #expect(result.line("checksum")?.hasSuffix(": right") == true, "\(result)")
      #expect(result.lines.contains { $0.contains("adam.second.lm_head") && $0.contains("27 × 16") }, "\(result)")
      #expect(result.stdout.contains("2 checkpoints"), "\(result)")
      let newest = result.lines.first { $0.contains("20.safetensors") && $0.hasSuffix("its checksum does not match") }
      #expect((newest != nil) == isDamaged, "\(result)")
      if isDamaged { return expectFailure(try info(folder.file(20)), saying: "damaged: its checksum does not match") }

      let json = try info(folder.file(20), "--json")
      let found = try #require(JSONSerialization.jsonObject(with: Data(json.stdout.utf8)) as? [String: Any])
      #expect(found["kind"] as? String == "checkpoint" && found["checkpoints"] == nil, "\(json)")
      #expect(found["step"] as? Int == 20 && found["steps"] as? Int == 20 && found["d_model"] as? Int == 16)
      #expect(found["learning_rate"] as? Double == 0.01 && found["next_learning_rate"] == nil)
      let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file(20)))
      #expect(found["file_bytes"] as? Int == bytes.count)
      let tensors = try #require(found["tensors"] as? [[String: Any]])
      #expect(tensors.count == 28 && tensors.compactMap { $0["bytes"] as? Int }.reduce(0, +) == 4192 * 12 + 20 * 8)
      // The losses are stored as they were: the run's own last line has their mean.
      let loss = try #require(found["loss"] as? Double)
      let resumed = try ddpTrain(.alone, ["--checkpoint-dir", folder.path, "--resume", "--generate", "0"])
      #expect(resumed.line("loss")?.hasPrefix(String(format: "%.4f ", loss)) == true, "\(resumed)\(loss)")
    }

    @Test("a rate that rises is that of the step done, and of the next")
    func rising() throws {
      let folder = try RunFolder()
      let run = try ddpTrain(
        .alone,
        [
          "--d-model", "16", "--steps", "100", "--warm-up", "99", "--learning-rate", "0.01", "--quiet", "--generate",
          "0",
          "--checkpoint-dir", folder.path, "--checkpoint-every", "50", "--checkpoint-keep", "9",
        ])
      #expect(run.exitCode == 0, "\(run)")
      let result = try info(folder.file(50))
      #expect(result.line("rate")?.hasPrefix("0.005 in step 50, 0.0051 in the next") == true, "\(result)")
    }

    @Test("other safetensors files: a model, none, and text that would steer a terminal")
    func safeTensors() throws {
      let folder = try TemporaryFolder()
      let golden = try info(PackagePaths.golden("d16-h4-b16"))
      #expect(golden.exitCode == 0 && golden.line("kind") == "safetensors", "\(golden)")
      #expect(golden.line("model")?.hasPrefix("none: ") == true && golden.line("step") == nil, "\(golden)")

      let hostile = "\u{1b}[31m\u{202e}\r\nforged"
      var writer = SafeTensorsWriter(metadata: ["k\(hostile)": "v\(hostile)"])
      try writer.add("t\(hostile)", shape: [1], float32: [1])
      try writer.write(to: folder.path("hostile"))
      let result = try info(folder.path("hostile"))
      #expect(result.exitCode == 0 && !result.stdout.contains("\u{1b}") && !result.stdout.contains("\u{202e}"))
      #expect(!result.lines.contains { $0.hasPrefix("forged") }, "\(result)")
      #expect(result.stdout.contains("t\\u001b[31m\\u202e\\r\\nforged"), "\(result)")
      #expect(!(try info(folder.path("hostile"), "--json").stdout.contains("\u{1b}")))
    }

    @Test("what cannot be shown is one line and code 1; what cannot be asked, 64")
    func refused() throws {
      let folder = try TemporaryFolder()
      try folder.file("cut", Data(repeating: 9, count: 100))
      try folder.file("empty/other", "x")
      expectFailure(try info(folder.path("none")), saying: "none: no such file")
      expectFailure(try info(folder.path("cut")), saying: "cut: asks for a header of")
      expectFailure(try info(folder.path("empty")), saying: "empty: is a directory, and has no checkpoints")
      expectFailure(try info("--json"), saying: "--json is of a file, --model or --models: name one", code: 64)
      expectFailure(try info("--measure"), saying: "--measure is of --model or --models", code: 64)
      expectFailure(try info("file", "--model", "16"), saying: "a file says itself what its model is", code: 64)
      expectFailure(try info("--models", "--model", "16"), saying: "--models has all widths", code: 64)
      expectFailure(try info("--model", "20"), saying: "d-model 20 is not a multiple of 16", code: 64)
      expectFailure(try info("--model", "8"), saying: "--model: d-model 8 is not a whole number from 16", code: 64)
      expectFailure(try info("--model", "16", "0"), saying: "--model: batch 0 is not a whole number", code: 64)
      expectFailure(try info("--model", "16", "1", "1"), saying: "--model takes a width and a batch", code: 64)
      // Metadata that nobody's run has, sealed anew.
      let run = try trained()
      var file = try SealedFile(Data(contentsOf: URL(fileURLWithPath: run.file(20))))
      file.metadata["warm-up"] = "99"
      try folder.file("warm", file.sealed())
      let warm = try info(folder.path("warm"))
      #expect(warm.exitCode == 0 && warm.line("rate") == nil && warm.line("step") == "20 of 20", "\(warm)")
      file.metadata["seed"] = "\u{1b}[31m"
      try folder.file("seed", file.sealed())
      expectFailure(try info(folder.path("seed")), saying: #"its seed "\u001b[31m" is not"#)
    }

    @Test("a step's operations and bytes beside the caches of a machine that hwloc is told of")
    func model() throws {
      let machine = "HWLOC_SYNTHETIC='pack:1 l3:1(size=32MiB) l2:4(size=1MiB) l1:1(size=48KiB) core:1 pu:1'"
      func run(_ words: String) throws -> RunResult {
        try MPIRun.runScript("\(machine) exec \"$0\" info \(words)", program: "ddp-train")
      }
      let text = try run("--model 64 128")
      #expect(text.exitCode == 0 && text.stderr == "", "\(text)")
      #expect(text.stdout.contains("nothing measured: see --measure"), "\(text)")
      let rows = text.lines.map { $0.split(separator: " ") }
      #expect(rows.contains(["L1", "48", "1", "–"]) && rows.contains(["L3", "32,768", "4", "–"]), "\(text)")
      // 53,632 parameters, 128 names in two pieces of at most 96; Adam touches four times the parameters, and copies.
      #expect(rows.contains { $0.prefix(3) == ["64", "128", "53,632"] }, "\(text)")
      #expect(rows.contains { $0.prefix(4) == ["64", "128", "2", "210"] }, "\(text)")
      #expect(rows.contains { $0.prefix(3) == ["64", "128", "Adam"] && $0.contains("L3") }, "\(text)")

      let found = try object(run("--models --json --measure"))
      let models = try #require(found["models"] as? [[String: Any]])
      #expect(models.compactMap { $0["c"] as? Int } == [16, 32, 64, 128, 256, 512, 1024])
      #expect(models.allSatisfy { ($0["bound_us"] as? Double ?? 0) > 0 && $0["batch"] as? Int == 16 })
      let levels = try #require(found["levels"] as? [[String: Any]])
      #expect(levels.compactMap { $0["level"] as? String } == ["L1", "L2", "L3", "memory"])
      #expect(levels.allSatisfy { ($0["gb_per_second"] as? Double ?? 0) > 0 })
      let one = try object(run("--model 16 --json"))
      let size = try #require((one["models"] as? [[String: Any]])?.first)
      // Letters and ends of 16 names, of which many begin alike.
      let (positions, shared) = (try #require(size["positions"] as? Double), try #require(size["rows"] as? Double))
      #expect((100...125).contains(positions) && (0.75...0.85).contains(shared / positions))
      #expect(size["nominal_flop"] as? Double == 6 * 4192 * positions && size["bound_us"] == nil)
      #expect(size["padded_flop"] as? Double == 6_438_912)
    }

    private func object(_ result: RunResult) throws -> [String: Any] {
      #expect(result.exitCode == 0 && result.stderr == "", "\(result)")
      return try #require(JSONSerialization.jsonObject(with: Data(result.stdout.utf8)) as? [String: Any])
    }

    @Test("two results: of other times, of other machines, of other commands", arguments: [Start.alone, .ranks(2)])
    func compare(start: Start) throws {
      let folder = try TemporaryFolder()
      let golden = "Tests/golden/0.1.0/"
      let a = PackagePaths.file(golden + "bench.json")
      var object = try #require(
        JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: a))) as? [String: Any])
      var rows = try #require(object["results"] as? [[String: Any]])
      for key in ["us_per_step", "us_per_step_p10", "us_per_step_p90"] {
        rows[0][key] = try #require(rows[0][key] as? Double) * 10
      }
      rows.append(rows[0].merging(["c": 32]) { $1 })
      object["results"] = rows
      object["isa"] = "x\u{1b}[31m"
      let b = try folder.file("b.json", JSONSerialization.data(withJSONObject: object))
      let json = folder.path("comparison.json")
      let result = try ddpTrain(start, ["compare", a, b, "--json", json])
      #expect(result.exitCode == 0 && result.stderr == "" && !result.stdout.contains("\u{1b}"), "\(result)")
      #expect(result.stdout.contains("warning: A and B do not come from the same place"), "\(result)")
      #expect(result.stdout.contains(#"x\u001b[31m"#) && result.stdout.contains("only in B: C 32, "), "\(result)")
      let marked = result.lines.filter { $0.hasSuffix("  *") }
      #expect(marked.count == 1 && marked[0].contains("us_per_step") && marked[0].contains("10.000"), "\(result)")
      let found = try #require(
        JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: json))) as? [String: Any])
      let figures = try #require(found["figures"] as? [[String: Any]])
      #expect(
        figures.count { $0["is_more_than_noise"] as? Bool == true } == 1 && found["command"] as? String == "bench")

      let same = try ddpTrain(start, ["compare", a, a])
      #expect(same.exitCode == 0 && !same.stdout.contains("*\n") && !same.stdout.contains("warning"), "\(same)")
      guard case .alone = start else { return }
      expectFailure(
        try ddpTrain(start, ["compare", a, PackagePaths.file(golden + "ladder.json")]),
        saying: "compare takes two results of one command")
      expectFailure(
        try ddpTrain(start, ["compare", a, PackagePaths.file(golden + "doctor.json")]),
        saying: "not results of ddp-train")
      let measured = ["bench", "--d-model", "16", "--seconds", "0.02", "--json", folder.path("own.json")]
      #expect(try ddpTrain(.alone, measured).exitCode == 0)
      let own = try ddpTrain(.alone, ["compare", a, folder.path("own.json")])
      #expect(own.exitCode == 0 && own.stdout.contains("  version  –"), "\(own)")
    }
  }
}

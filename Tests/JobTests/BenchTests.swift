import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// One core, without its times: those flake.
  @Suite("bench")
  struct Bench {
    static let keys: Set = [
      "c", "heads", "batch", "engine", "us_per_step", "us_per_step_p10", "us_per_step_p90", "us_per_sample",
      "nominal_share_of_peak", "nominal_share_best_decile", "effective_share_of_peak", "allocations_per_step",
      "positions", "rows", "phases",
    ]

    @Test(
      "every case, every key; no step allocates; nothing but the table on the screen",
      arguments: [Start.alone, .ranks(1)])
    func results(start: Start) throws {
      let folder = try TemporaryFolder()
      let file = folder.path("bench.json")
      let result = try ddpTrain(
        start, ["bench", "--d-model", "16", "32", "--batch", "5", "--seconds", "0.1", "--json", file])
      #expect(result.exitCode == 0 && result.stderr.isEmpty, "\(result)")
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file)))
      let report = try #require(json as? [String: Any])
      #expect(Set(report.keys).isSuperset(of: ["isa", "peak_gflops", "peak_memory_bytes", "results"]))
      let rows = try #require(report["results"] as? [[String: Any]])
      // A matrix unit is timed beside the vectors.
      let widths = rows.compactMap { $0["c"] as? Int }
      #expect(Set(widths) == [16, 32] && widths.count % 2 == 0)
      for row in rows {
        #expect(Set(row.keys).isSuperset(of: Self.keys))
        func number(_ key: String) throws -> Double { try #require(row[key] as? Double, "\(key)") }
        #expect(row["batch"] as? Int == 5)
        let time = try number("us_per_step")
        #expect(try number("us_per_step_p10") <= time && time <= number("us_per_step_p90"))
        #expect(try abs(number("us_per_sample") / (time / 5) - 1) < 1e-9)
        #expect(try number("nominal_share_of_peak") <= number("nominal_share_best_decile"))
        #expect(try number("allocations_per_step") == 0)
        #expect(try number("rows") <= number("positions"))
        let phases = try #require(row["phases"] as? [String: Double])
        #expect(Set(phases.keys) == ["selection", "forward", "backward", "sync", "adam"])
        #expect(phases.values.allSatisfy { $0 >= 0 })
      }
      for width in ["16", "32"] {
        let lines = result.lines.filter { $0.split(separator: " ").prefix(2) == [width[...], "5"] }
        #expect(lines.count == widths.count / 2, "\(result)")
      }
    }

    @Test("what reproducible steps cost, by their micro-shards")
    func reproducible() throws {
      let folder = try TemporaryFolder()
      let file = folder.path("bench.json")
      let result = try ddpTrain(
        .alone,
        [
          "bench", "--d-model", "16", "--batch", "32", "--engine", "simd", "--reproducible", "--micro-shards", "1", "8",
          "--seconds", "0.1", "--json", file,
        ])
      #expect(result.exitCode == 0, "\(result)")
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file)))
      let rows = try #require((json as? [String: Any])?["results"] as? [[String: Any]])
      #expect(rows.map { $0["micro_shards"] as? Int } == [nil, 1, 8])
      let times = rows.compactMap { $0["us_per_step"] as? Double }
      #expect(rows[0]["reproducible_cost"] == nil)
      for index in 1...2 {
        let cost = try #require(rows[index]["reproducible_cost"] as? Double)
        #expect(abs(cost - times[index] / times[0]) < 1e-9)
      }
      // Eight small trees of prefixes have more rows than a large one.
      let counts = rows.compactMap { $0["rows"] as? Double }
      #expect(counts[0] == counts[1] && counts[2] > counts[1])
      expectFailure(
        try ddpTrain(.alone, ["bench", "--micro-shards", "8"]), saying: "micro-shards needs reproducible", code: 64)
      expectFailure(
        try ddpTrain(.ranks(2), ["bench", "--sync", "--reproducible"]), saying: "bench --reproducible times one core",
        code: 64)
    }
  }

  /// How fast names are written, without its times: those flake.
  @Suite("bench --generate")
  struct BenchGenerate {
    @Test("both ways, every key, the same letters on any ranks", arguments: [Start.alone, .ranks(1), .ranks(2)])
    func results(start: Start) throws {
      let folder = try TemporaryFolder()
      let training = ["--d-model", "16", "--steps", "20", "--generate", "0", "--quiet"]
      #expect(try ddpTrain(.alone, training + ["--checkpoint-dir", folder.path("run")]).exitCode == 0)
      let file = folder.path("names.json")
      let model = folder.path("run/step-000000020.safetensors")
      let result = try ddpTrain(
        start, ["bench", "--generate", "--model", model, "--names", "3000", "--seconds", "0.01", "--json", file])
      #expect(result.exitCode == 0 && result.stderr.isEmpty, "\(result)")
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file)))
      let ranks = if case .ranks(let count) = start { count } else { 1 }
      let rows = try #require((json as? [String: Any])?["generation"] as? [[String: Any]])
      #expect(rows.map { $0["sharing"] as? Bool } == [false, true])
      for row in rows {
        func number(_ key: String) throws -> Double { try #require(row[key] as? Double, "\(key)") }
        #expect(try number("c") == 16 && number("heads") == 4 && number("names") == 3000)
        #expect(try number("ranks") == Double(ranks))
        #expect(try number("tokens") == (rows[0]["tokens"] as? Double))
        let letters = try number("letters_per_second") * number("seconds")
        #expect(try letters < number("tokens") && letters > number("tokens") - 3001)
        #expect(try number("nominal") > 0 && number("seconds_p10") <= number("seconds_p90"))
        let computed = try number("computed_share")
        #expect(row["sharing"] as? Bool == true ? computed < 0.9 : computed == 1)
      }
    }

    @Test("few names are the work of rank 0, and count once")
    func fewNames() throws {
      let folder = try TemporaryFolder()
      let training = ["--d-model", "16", "--steps", "20", "--generate", "0", "--quiet"]
      #expect(try ddpTrain(.alone, training + ["--checkpoint-dir", folder.path("run")]).exitCode == 0)
      let arguments = ["--model", folder.path("run/step-000000020.safetensors"), "--names", "300", "--seconds", "0.01"]
      let counts = try [Start.alone, .ranks(2)].map { start in
        let file = folder.path("names.json")
        let result = try ddpTrain(start, ["bench", "--generate", "--json", file] + arguments)
        #expect(result.exitCode == 0 && result.stderr.isEmpty, "\(result)")
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file)))
        let rows = try #require((json as? [String: Any])?["generation"] as? [[String: Any]])
        return rows.map { [$0["ranks"] as? Int, $0["tokens"] as? Int] }
      }
      #expect(counts[0] == counts[1] && counts[0].allSatisfy { $0[0] == 1 && ($0[1] ?? 0) > 300 }, "\(counts)")
    }

    @Test("no model, and options of other measurements: one clear message", arguments: [Start.alone, .ranks(2)])
    func refusals(start: Start) throws {
      expectFailure(try ddpTrain(start, ["bench", "--generate"]), saying: "takes a model: --model FILE", code: 64)
      expectFailure(
        try ddpTrain(start, ["bench", "--generate", "--model", "none", "--batch", "4"]),
        saying: "--batch is of no use with --generate", code: 64)
      expectFailure(try ddpTrain(start, ["bench", "--generate", "--model", "/proc/none"]), saying: "/proc/none")
    }
  }

  /// The comparison of strategies, without its times: those flake.
  @Suite("bench --sync")
  struct BenchSync {
    static let keys: Set = [
      "c", "batch", "engine", "strategy", "ranks", "us_per_step", "us_per_step_p10", "us_per_step_p90", "ci_low",
      "ci_high", "sync_us", "wait_us", "adam_us", "single_core_us_per_step", "efficiency", "work_inflation",
      "bare_allreduce_us", "barrier_ns",
    ]

    @Test("every strategy, every key", arguments: [2, 3])
    func results(ranks: Int) throws {
      let folder = try TemporaryFolder()
      let file = folder.path("bench.json")
      let result = try ddpTrain(
        .ranks(ranks), ["bench", "--sync", "--d-model", "16", "--seconds", "0.1", "--json", file])
      #expect(result.exitCode == 0, "\(result)")
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file)))
      let rows = try #require((json as? [String: Any])?["results"] as? [[String: Any]])
      #expect(rows.compactMap { $0["strategy"] as? String } == SynchronisationTests.strategies.dropLast())
      for row in rows {
        #expect(Set(row.keys) == Self.keys)
        #expect(row["c"] as? Int == 16 && row["batch"] as? Int == 16 && row["ranks"] as? Int == ranks)
        let step = try #require(row["us_per_step"] as? Double)
        let single = try #require(row["single_core_us_per_step"] as? Double)
        let efficiency = try #require(row["efficiency"] as? Double)
        let interval = try (#require(row["ci_low"] as? Double), #require(row["ci_high"] as? Double))
        #expect(interval.0 <= step && step <= interval.1)
        #expect(step > 0 && abs(efficiency - single / step / Double(ranks)) < 1e-9)
        // Splitting 16 names loses a few shared prefixes, and never half of the work.
        let inflation = try #require(row["work_inflation"] as? Double)
        #expect((1.0...1.5).contains(inflation), "\(inflation)")
        for key in ["sync_us", "wait_us", "adam_us", "bare_allreduce_us"] {
          #expect(try #require(row[key] as? Double) >= 0, "\(key)")
        }
        #expect(try #require(row["barrier_ns"] as? Double) > 0)
      }
      let lines = result.lines.filter { $0.hasPrefix("  16  16  ") }
      #expect(lines.count == rows.count, "\(result)")
    }

    @Test("a barrier's time is a host's own, the slowest; none where each rank has a host", arguments: ["2,1", "1,1"])
    func severalHosts(nodes: String) throws {
      let folder = try TemporaryFolder()
      let file = folder.path("bench.json")
      let ranks = nodes == "1,1" ? 2 : 3
      let job = MPIRun(ranks: ranks, options: withoutGrace, environment: ["DDP_TRAIN_TEST_NODES": nodes])
      let result = try job.run(
        "ddp-train", ["bench", "--sync", "--d-model", "16", "--seconds", "0.01", "--json", file])
      #expect(result.exitCode == 0, "\(result)")
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file)))
      let rows = try #require((json as? [String: Any])?["results"] as? [[String: Any]])
      let times = rows.map { $0["barrier_ns"] as? Double }
      #expect(!times.isEmpty && times.allSatisfy { nodes == "1,1" ? $0 == nil : $0 ?? 0 > 0 }, "\(times)")
      let lines = result.lines.filter { $0.hasPrefix("  16  16  ") }
      #expect(lines.count == rows.count && lines.allSatisfy { $0.hasSuffix("–") == (nodes == "1,1") }, "\(result)")
    }

    @Test("one rank has nothing to compare, several no single core to time")
    func refused() throws {
      let one = try ddpTrain(.alone, ["bench", "--sync"])
      #expect(one.exitCode == 64 && one.stderr.contains("start it with mpirun -np 2 or more"), "\(one)")
      let two = try ddpTrain(.ranks(2), ["bench"])
      #expect(two.exitCode == 64 && two.stderr.contains("--sync times several ranks"), "\(two)")
    }
  }
}

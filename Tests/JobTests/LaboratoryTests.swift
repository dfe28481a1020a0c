import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// The laboratory's jobs, without their times: those flake.
  @Suite("scaling and predict")
  struct Laboratory {
    static let keys: Set = [
      "c", "batch", "mode", "strategy", "ranks", "us_per_step", "ci_low", "ci_high", "single_core_us_per_step",
      "speedup", "efficiency", "sync_us", "wait_us", "adam_us", "work_inflation", "computation_scalability",
      "load_balance", "communication_efficiency", "selection_us", "slowest_passes_us", "barrier_wait_us",
      "slowest_update_us", "other_sync_us",
    ]

    private func object(_ path: String) throws -> [String: Any] {
      try #require(
        try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any])
    }

    @Test("every mode, strategy and number of ranks, beside one core", arguments: [2, 3])
    func scaling(ranks: Int) throws {
      let folder = try TemporaryFolder()
      let (json, csv) = (folder.path("scaling.json"), folder.path("scaling.csv"))
      let result = try ddpTrain(
        .ranks(ranks), ["scaling", "--d-model", "16", "32", "--seconds", "0.1", "--json", json, "--csv", csv])
      #expect(result.exitCode == 0, "\(result)")
      let report = try object(json)
      let rows = try #require(report["results"] as? [[String: Any]])
      let counts = ranks == 2 ? [1, 2] : [1, 2, 3]
      // Two widths, two modes, two strategies.
      #expect(rows.count == 8 * counts.count)
      for row in rows {
        #expect(Self.keys.isSubset(of: row.keys))
        func number(_ key: String) throws -> Double { try #require(row[key] as? Double, "\(key)") }
        let count = try #require(row["ranks"] as? Int)
        #expect(count == 1 ? row["barrier_ns"] == nil : try number("barrier_ns") > 0)
        #expect(counts.contains(count))
        #expect(try number("ci_low") <= number("us_per_step") && number("us_per_step") <= number("ci_high"))
        let speedup = try number("single_core_us_per_step") / number("us_per_step")
        #expect(abs(try number("speedup") / speedup - 1) < 1e-9)
        #expect(abs(try number("efficiency") / (speedup / Double(count)) - 1) < 1e-9)
        let product =
          try number("computation_scalability") * number("load_balance") * number("communication_efficiency")
          / number("work_inflation")
        #expect(abs(try product / number("efficiency") - 1) < 1e-9)
        #expect(try number("work_inflation") >= 1 && number("load_balance") <= 1)
        let global = try #require(row["global_batch"] as? Int)
        #expect(global == (row["mode"] as? String == "weak" ? 16 * count : 16))
      }
      let costs = try #require(report["cost"] as? [[String: Any]])
      #expect(costs.count == 8 && costs.allSatisfy { $0.keys.contains("cost") })
      let predictions = try #require(report["predictions"] as? [[String: Any]])
      #expect(predictions.contains { $0["ranks"] as? Int == 1_000_000 })
      #expect(predictions.filter { $0["measured_us_per_step"] is Double }.count == 4 * counts.count)
      #expect(
        try String(contentsOfFile: csv, encoding: .utf8).split(whereSeparator: \.isNewline).count == rows.count + 1)
    }

    @Test(
      "what cannot be measured is refused before anything is",
      arguments: [
        (["--ranks", "3"], "--ranks \"3\" is not a whole number from 1 to 2; this job has 2 ranks"),
        (["--seconds", "0"], "--seconds \"0\" is not a number from 0.001"),
        (["--json", "/nowhere/scaling.json"], "/nowhere/scaling.json: there is no folder /nowhere"),
        (["--d-model", "17"], "17"),
      ])
    func refusals(options: [String], message: String) throws {
      let result = try ddpTrain(.ranks(2), ["scaling", "--seconds", "60"] + options)
      #expect(result.exitCode != 0 && result.stderr.contains(message), "\(result)")
    }

    @Test("predictions up to a million ranks, with what they were fitted to")
    func predict() throws {
      let folder = try TemporaryFolder()
      let json = folder.path("predict.json")
      let result = try ddpTrain(
        .ranks(2), ["predict", "--d-model", "16", "--batch", "16", "--seconds", "0.02", "--json", json])
      #expect(result.exitCode == 0, "\(result)")
      #expect(result.stdout.contains("latency between nodes: 2.00 µs assumed"), "\(result)")
      let file = try object(json)
      let predictions = try #require(file["predictions"] as? [[String: Any]])
      #expect(predictions.filter { $0["ranks"] as? Int == 1_000_000 }.count == 2)
      let checks = try #require(file["checks"] as? [[String: Any]])
      #expect(checks.count == 8 && checks.allSatisfy { $0["fitted"] as? Bool == true })
      let exchanges = try #require(file["exchanges"] as? [[String: Any]])
      #expect((checks + exchanges).allSatisfy { $0["barrier_ns"] as? Double ?? 0 > 0 }, "\(file)")
      #expect(result.stdout.contains("barrier, ns"))
    }

    @Test("a network that is given is not assumed; without a second rank nothing is fitted")
    func given() throws {
      let result = try ddpTrain(
        .alone,
        [
          "predict", "--d-model", "16", "--batch", "16", "--seconds", "0.02", "--latency", "50", "--bandwidth", "1",
          "--ranks-per-node", "1", "--up-to", "4",
        ])
      #expect(result.exitCode == 0, "\(result)")
      #expect(!result.stdout.contains("between nodes: 2.00 µs assumed"))
      #expect(result.stdout.contains("assumed, for want of a second rank"))
      // Four ranks: four rounds, each a latency at least.
      let line = try #require(result.lines.first { $0.split(separator: " ").first == "4" })
      let columns = line.split(separator: " ").compactMap { Double($0) }
      #expect(columns.count == 7 && columns[4] > 200, "\(line)")
    }
  }
}

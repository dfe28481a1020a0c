import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// What ranks could be worth, without its times: those flake.
  @Suite("ceiling")
  struct CeilingTests {
    private static let keys: Set = [
      "c", "heads", "batch", "global_batch", "mode", "ranks", "engine", "steps", "single_core_us", "selection_us",
      "compute_max_us", "compute_mean_us", "update_max_us", "update_mean_us", "speedup_ceiling", "efficiency_ceiling",
      "flop_bound", "flop_inflation", "flop_imbalance", "lost_to", "expected_speedup", "barrier_transfers",
      "barrier_depth",
    ]

    private func rows(_ arguments: [String]) throws -> [[String: Any]] {
      let folder = try TemporaryFolder()
      let file = folder.path("ceiling.json")
      let result = try ddpTrain(.alone, ["ceiling", "--d-model", "16", "--json", file] + arguments)
      try #require(result.exitCode == 0 && result.stderr.isEmpty, "\(result)")
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file)))
      let report = try #require(json as? [String: Any])
      #expect(Set(report.keys).isSuperset(of: ["isa", "assumptions", "ceiling", "format_version"]))
      return try #require(report["ceiling"] as? [[String: Any]])
    }

    /// More ranks than names are among them.
    @Test("every number of ranks, every key, in their relations", arguments: ["strong", "weak"])
    func results(mode: String) throws {
      let rows = try rows(["--ranks", "40", "1", "3", "--batch", "20", "--steps", "12", "--mode", mode])
      #expect(rows.compactMap { $0["ranks"] as? Int } == [1, 3, 40])
      #expect(rows.compactMap { $0["barrier_transfers"] as? Int } == [0, 9, 2 * (32 * 5 + 2 * 8)])
      #expect(rows.compactMap { $0["barrier_depth"] as? Int } == [0, 2, 7])
      for row in rows {
        let ranks = try #require(row["ranks"] as? Int)
        #expect(Set(row.keys) == (ranks == 1 ? Self.keys : Self.keys.union(["transfer_us"])))
        #expect(row["global_batch"] as? Int == (mode == "weak" ? 20 * ranks : 20) && row["steps"] as? Int == 20)
        func number(_ key: String) throws -> Double { try #require(row[key] as? Double, "\(key)") }
        let largest = try number("compute_max_us") + number("update_max_us") + number("selection_us")
        #expect(try abs(number("speedup_ceiling") * largest / number("single_core_us") - 1) < 1e-9)
        #expect(try abs(number("efficiency_ceiling") * Double(ranks) / number("speedup_ceiling") - 1) < 1e-9)
        #expect(try number("compute_mean_us") <= number("compute_max_us"))
        #expect(try number("update_mean_us") <= number("update_max_us"))
        let bound = try number("flop_bound")
        #expect(try abs(bound * number("flop_inflation") * number("flop_imbalance") / Double(ranks) - 1) < 1e-9)
        #expect(bound <= Double(ranks) && (ranks == 1) == (bound == 1))
        #expect(try number("expected_speedup") <= number("speedup_ceiling"))
      }
    }

    @Test("on several ranks, or for more names than a batch has: one line")
    func refused() throws {
      expectFailure(try ddpTrain(.ranks(2), ["ceiling"]), saying: "run it without mpirun", code: 64)
      expectFailure(
        try ddpTrain(.alone, ["ceiling", "--mode", "weak", "--batch", "1000000", "--ranks", "2"]),
        saying: "--batch 1000000 on 2 ranks is more than 1048576 names", code: 64)
    }
  }
}

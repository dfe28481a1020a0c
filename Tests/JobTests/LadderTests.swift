import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// The ladder, without its times: those flake.
  @Suite("ladder")
  struct Ladder {
    /// The rungs of one core on any CPU. Behind them come the matrix unit where there is one, and the ranks.
    static let rungs = ["autograd", "scalar", "vector", "batch", "padding", "exponential", "prefixes"]
    static let keys: Set = [
      "rung", "title", "names_per_step", "batches_timed", "us_per_sample", "us_per_sample_p10", "us_per_sample_p90",
      "ci_low", "ci_high", "factor_over_first",
    ]
    static let keysOfLaterRungs: Set = [
      "factor_over_before", "loss_difference", "gradient_difference", "parameters_difference",
    ]

    @Test("every rung in its order, every key", arguments: [Start.alone, .ranks(2), .ranks(3)])
    func results(start: Start) throws {
      let folder = try TemporaryFolder()
      let file = folder.path("ladder.json")
      let result = try ddpTrain(start, ["ladder", "--batch", "5", "--seconds", "0.1", "--json", file])
      #expect(result.exitCode == 0, "\(result)")
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file)))
      let report = try #require(json as? [String: Any])
      #expect(report["c"] as? Int == 16)
      #expect(report["heads"] as? Int == 4)
      #expect(report["batch"] as? Int == 5)
      // A product and a sum for each weight, at 7 positions, less a sum for each output.
      let weights = 12 * 16 * 16 + 27 * 16
      let outputs = 9 * 16 + 27
      #expect(try number("tape_nodes", in: report) > Double(7 * (2 * weights - outputs)))
      let rungs = try #require(report["rungs"] as? [[String: Any]])
      var ranks = 1
      if case .ranks(let count) = start { ranks = count }
      #expect(report["ranks"] as? Int == ranks)
      #expect(ranks == 1 ? report["barrier_ns"] == nil : try number("barrier_ns", in: report) > 0)
      #expect(result.stdout.contains("\nbarrier between the ranks of a host: ") == (ranks > 1), "\(result)")
      let names = rungs.compactMap { $0["rung"] as? String }
      #expect(names.filter { $0 != "sme2" } == Self.rungs + (ranks > 1 ? ["ranks"] : []))
      let times = try rungs.map { try number("us_per_sample", in: $0) }
      for (index, rung) in rungs.enumerated() {
        #expect(Set(rung.keys) == (index == 0 ? Self.keys : Self.keys.union(Self.keysOfLaterRungs)))
        let time = times[index]
        let least = try number("us_per_sample_p10", in: rung)
        let most = try number("us_per_sample_p90", in: rung)
        #expect(least > 0 && least <= time && time <= most)
        #expect(try number("batches_timed", in: rung) >= 3)
        let isSingle = ["autograd", "scalar", "vector"].contains(names[index])
        #expect(try number("names_per_step", in: rung) == (isSingle ? 1 : 5))
        let overFirst = try number("factor_over_first", in: rung)
        #expect(abs(overFirst * time / times[0] - 1) < 1e-9)
        if index > 0 {
          let overBefore = try number("factor_over_before", in: rung)
          #expect(abs(overBefore * time / times[index - 1] - 1) < 1e-9)
          // √F = 8 roundings in each of ten layers.
          #expect(try number("gradient_difference", in: rung) < 80 * 6e-8)
        }
        let title = try #require(rung["title"] as? String)
        #expect(result.lines.filter { $0.hasPrefix(title + "  ") }.count == 1, "\(result)")
      }
    }

    private func number(_ key: String, in rung: [String: Any]) throws -> Double {
      try #require((rung[key] as? NSNumber)?.doubleValue, "\(key) in \(rung)")
    }

    @Test(
      "wrong arguments",
      arguments: [
        (["--d-model", "17"], "d-model 17 is not a multiple of 16"), (["--heads", "3"], "3 heads do not divide"),
        (["--batch", "0"], "--batch \"0\" is not a whole number from 1"),
        (["--seconds", "0"], "--seconds \"0\" is not a number from 0.001"),
      ])
    func refused(arguments: [String], message: String) throws {
      let result = try ddpTrain(.ranks(2), ["ladder"] + arguments)
      expectFailure(result, saying: message, code: 64)
      #expect(result.stdout == "", "\(result)")
    }
  }
}

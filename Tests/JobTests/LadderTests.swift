import Foundation
import MPIRunSupport
import Testing

extension Jobs {
  /// The ladder, without its times: those flake.
  @Suite("ladder")
  struct Ladder {
    /// The rungs of one core on any CPU. Behind them come the matrix unit where there is one, and the ranks.
    static let rungs = ["autograd", "scalar", "vector", "batch", "padding", "exponential", "prefixes"]
    static let keys: Set = [
      "rung", "title", "names_per_step", "batches_timed", "us_per_sample", "us_per_sample_p10", "us_per_sample_p90",
      "factor_over_first",
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
      #expect(report["c"] as? Int == 16 && report["heads"] as? Int == 4 && report["batch"] as? Int == 5)
      // Two for each multiplication of a weight, at 7 positions.
      #expect(try #require(report["tape_nodes"] as? Int) > 2 * 7 * (12 * 16 * 16 + 27 * 16))
      let rungs = try #require(report["rungs"] as? [[String: Any]])
      let ranks = if case .ranks(let count) = start { count } else { 1 }
      #expect(report["ranks"] as? Int == ranks)
      let names = rungs.compactMap { $0["rung"] as? String }
      #expect(names.filter { $0 != "sme2" } == Self.rungs + (ranks > 1 ? ["ranks"] : []))
      var before: (first: Double, last: Double)?
      for rung in rungs {
        #expect(Set(rung.keys) == (before == nil ? Self.keys : Self.keys.union(Self.keysOfLaterRungs)))
        let time = try #require(rung["us_per_sample"] as? Double)
        let least = try #require(rung["us_per_sample_p10"] as? Double)
        #expect(least > 0 && time >= least && time <= (try #require(rung["us_per_sample_p90"] as? Double)))
        #expect(try #require(rung["batches_timed"] as? Int) >= 3)
        let single = ["autograd", "scalar", "vector"].contains(rung["rung"] as? String)
        #expect(rung["names_per_step"] as? Int == (single ? 1 : 5))
        let factor = try #require(rung["factor_over_first"] as? Double)
        #expect(abs(factor * time / (before?.first ?? time) - 1) < 1e-9)
        if let before {
          #expect(abs(try #require(rung["factor_over_before"] as? Double) * time / before.last - 1) < 1e-9)
          // √F = 8 roundings in each of ten layers.
          #expect(try #require(rung["gradient_difference"] as? Double) < 80 * 6e-8)
        }
        before = (before?.first ?? time, time)
        let title = try #require(rung["title"] as? String)
        #expect(result.lines.filter { $0.hasPrefix(title + "  ") }.count == 1, "\(result)")
      }
    }

    @Test(
      "wrong arguments",
      arguments: [
        (["--d-model", "17"], "d-model 17 is not a multiple of 16"), (["--heads", "3"], "3 heads do not divide"),
        (["--batch", "0"], "batch 0 is out of range"), (["--seconds", "0"], "seconds 0.0 is not a positive number"),
      ])
    func refused(arguments: [String], message: String) throws {
      let result = try ddpTrain(.ranks(2), ["ladder"] + arguments)
      #expect(result.exitCode == 64, "\(result)")
      #expect(result.stderr.components(separatedBy: "Error: \(message)").count == 2, "\(result)")
      #expect(result.stdout == "", "\(result)")
    }

    @Test("a file that cannot be written")
    func unwritable() throws {
      let result = try ddpTrain(.ranks(2), ["ladder", "--seconds", "0.01", "--json", "/nowhere/ladder.json"])
      expectFailure(result, saying: "--json /nowhere/ladder.json: ")
    }
  }
}

import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// What names cost: core-seconds, energy that is measured, energy that is assumed. Files stand in for the kernel's.
  @Suite("what names cost")
  struct Cost {
    private static let run = ["--d-model", "16", "--steps", "400", "--generate", "0", "--progress", "never"]

    /// - Parameters:
    ///   - power: in µW, of a sensor on each host; nil for no sensor.
    ///   - hosts: that ranks pretend to be on; nil for one.
    private func train(
      _ start: Start, _ options: [String] = [], power: Int? = nil, hosts: String? = nil
    ) throws -> (result: RunResult, final: [String: Any], elapsed: Double) {
      let folder = try TemporaryFolder()
      try folder.file("sys/class/hwmon/hwmon0/name", power == nil ? "nvme\n" : "power_meter\n")
      try folder.file("sys/class/hwmon/hwmon0/power1_average", "\(power ?? 0)\n")
      var environment = ["DDP_TRAIN_TEST_SYSFS": folder.path("sys")]
      environment["DDP_TRAIN_TEST_NODES"] = hosts
      let metrics = folder.path("run.jsonl")
      let words = Self.run + options + ["--metrics", metrics]
      let result: RunResult
      switch start {
      case .ranks(let ranks):
        result = try MPIRun(ranks: ranks, options: withoutGrace, environment: environment).run("ddp-train", words)
      case .alone:
        let variables = environment.map { "\($0)='\($1)'" }.joined(separator: " ")
        result = try MPIRun.runScript(
          "\(variables) exec \"$0\" \(words.map { "'\($0)'" }.joined(separator: " "))", program: "ddp-train")
      }
      #expect(result.exitCode == 0, "\(result)")
      let lines = try folder.text("run.jsonl").split(separator: "\n").map {
        try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      let elapsed = lines.compactMap { $0["elapsed_seconds"] as? Double }.last
      return (result, try #require(lines.last), elapsed ?? 0)
    }

    @Test("core-seconds where there is no counter, and joules of watts that are assumed", arguments: [1, 2])
    func assumed(ranks: Int) throws {
      let (plain, final, _) = try train(ranks == 1 ? .alone : .ranks(ranks))
      let seconds = try #require(final["core_seconds_per_million_names"] as? Double)
      // 400 steps of 16 names: each in the median's time, or more.
      #expect(seconds >= 0.5 * Double(ranks) * (final["us_per_step"] as? Double ?? .infinity) / 16)
      #expect(final["joules"] == nil && final["assumed_watts"] == nil && final["energy_source"] == nil)
      let words = plain.line("cost") ?? ""
      #expect(
        words.wholeMatch(
          of: /[0-9.]+ core-seconds per million names; energy is not measurable here: no counter of .*/)
          != nil, "\(plain)")

      let (watts, other, _) = try train(ranks == 1 ? .alone : .ranks(ranks), ["--watts", "5"])
      let own = try #require(other["core_seconds_per_million_names"] as? Double)
      let joules = try #require(other["assumed_joules_per_million_names"] as? Double)
      #expect(other["assumed_watts"] as? Double == 5 && abs(joules / (5 * own) - 1) < 1e-9)
      #expect(abs((other["assumed_joules"] as? Double ?? 0) / joules * 1e6 / 6400 - 1) < 1e-9)
      #expect(other["joules"] == nil && other["joules_per_million_names"] == nil)
      #expect(
        watts.line("cost")?.contains(" per million names; at 5.00 W a core, which is assumed, ") == true, "\(watts)")
    }

    @Test("energy of a sensor over the time of training, summed over hosts", arguments: [1, 2])
    func measured(hosts: Int) throws {
      let pretended = Array(repeating: "1", count: hosts).joined(separator: ",")
      let (result, final, elapsed) = try train(
        hosts == 1 ? .alone : .ranks(2), ["--watts", "5", "--steps", "6000"], power: 100_000_000, hosts: pretended)
      let joules = try #require(final["joules"] as? Double, "\(result)")
      // 100 W on each host, from a little before the first step to a little after the last one.
      let (watts, whole) = (100 * Double(hosts), Double(result.elapsed.components.seconds + 1))
      #expect(elapsed > 0 && joules >= watts * elapsed && joules < watts * whole, "\(joules) J in \(elapsed) s")
      #expect(abs((final["joules_per_million_names"] as? Double ?? 0) / (joules / 96_000 * 1e6) - 1) < 1e-9)
      #expect(final["energy_source"] as? String == "the whole machine" && final["assumed_joules"] == nil)
      #expect(result.line("cost")?.hasSuffix(" J in all, of the whole machine") == true, "\(result)")
    }

    @Test("a run that is over took no names, and costs nothing")
    func over() throws {
      let folder = try RunFolder()
      let words = ["--checkpoint-dir", folder.path]
      _ = try train(.alone, words)
      let (result, final, _) = try train(.alone, words + ["--resume"])
      #expect(result.line("cost") == "–" && final["core_seconds_per_million_names"] == nil, "\(result)")
    }

    @Test("scaling: what the second core costs, in core-seconds and in joules", arguments: [true, false])
    func scaling(isMeasured: Bool) throws {
      let folder = try TemporaryFolder()
      try folder.file("sys/class/hwmon/hwmon0/name", isMeasured ? "power_meter\n" : "nvme\n")
      try folder.file("sys/class/hwmon/hwmon0/power1_average", "100000000\n")
      let json = folder.path("scaling.json")
      let result = try MPIRun(
        ranks: 2, options: withoutGrace, environment: ["DDP_TRAIN_TEST_SYSFS": folder.path("sys")]
      )
      .run(
        "ddp-train",
        ["scaling", "--d-model", "16", "--mode", "strong", "--sync", "auto", "--seconds", "0.1", "--json", json]
          + ["--watts", "5", "--batch", "256"])
      #expect(result.exitCode == 0, "\(result)")
      let report = try #require(
        JSONSerialization.jsonObject(with: try folder.data("scaling.json")) as? [String: Any])
      let machine = try #require(report["machine"] as? [String: Any])
      #expect(machine["energy_source"] as? String == (isMeasured ? "the whole machine" : nil))
      #expect(machine["assumed_watts"] as? Double == (isMeasured ? nil : 5))
      let rows = try #require(report["results"] as? [[String: Any]])
      #expect(rows.count == 2)
      for row in rows {
        func number(_ key: String) throws -> Double { try #require(row[key] as? Double, "\(key)") }
        let seconds = try number("core_seconds_per_million_names")
        #expect(abs(seconds / (Double(row["ranks"] as? Int ?? 0) * (try number("us_per_step")) / 256) - 1) < 1e-9)
        #expect(abs(try number("core_seconds_over_one_core") * number("efficiency") - 1) < 1e-9)
        guard isMeasured else {
          #expect(row["joules_per_million_names"] == nil && row["single_core_joules_per_million_names"] == nil)
          continue
        }
        // 100 W in a time that is much like the medians, or longer where others compute as well.
        for (joules, step) in [
          (try number("joules_per_million_names"), try number("us_per_step")),
          (try number("single_core_joules_per_million_names"), try number("single_core_us_per_step")),
        ] {
          #expect(joules > 50 * step / 256 && joules < 5000 * step / 256, "\(joules) J, \(step) µs")
        }
      }
      let titles = isMeasured ? "one core, J" : "J at 5.00 W a core, assumed"
      #expect(result.lines.contains { $0.contains("core-seconds a million names") && $0.contains(titles) }, "\(result)")
    }
  }
}

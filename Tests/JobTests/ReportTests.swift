import Foundation
import TestSupport
import Testing

extension Jobs {
  @Suite("report")
  struct Report {
    /// A report that nobody measured, of one rank: no figures.
    static let small = """
      {"machine": {"cpu": "none", "isa": "none", "ranks": 1, "hosts": ["here"], "cores": 1, "system": "none", \
      "mpi": "none", "version": "0", "command": "none", "date": "none", "peak_gflops": 0, "peak_gflops_low": 0, \
      "peak_gflops_high": 0, "warnings": []}, "results": [{"c": 16, "heads": 4, "batch": 16, "global_batch": 16, \
      "mode": "strong", "strategy": "auto", "chosen": "auto", "ranks": 1, "us_per_step": 9, "ci_low": 8, "ci_high": 10, \
      "single_core_us_per_step": 9, "single_core_ci_low": 8, "single_core_ci_high": 10, "speedup": 1, "efficiency": 1, \
      "efficiency_low": 1, "efficiency_high": 1, "samples_per_second": 1e6, "compute_us": 9, "wait_us": 0, "sync_us": 0, \
      "adam_us": 0, "work_inflation": 1, "computation_scalability": 1, "load_balance": 1, \
      "communication_efficiency": 1, "busy_core_speed": 1, "gradient_bytes": 16768}], "cost": [], "late": [], "predictions": [], "assumptions": []}
      """

    @Test("makes a page from a JSON file", arguments: Start.both)
    func page(start: Start) throws {
      let folder = try TemporaryFolder()
      let json = try folder.file("run.json", Self.small)
      let result = try ddpTrain(start, ["report", json, "--report", folder.path("page")])
      #expect(result.exitCode == 0 && result.lines == [folder.path("page") + "/index.html"], "\(result)")
      for name in ["index.html", "scaling.json", "scaling.csv"] {
        #expect(FileManager.default.fileExists(atPath: folder.path("page/\(name)")))
      }
    }

    @Test("makes a sweep's page again, the same")
    func sweep() throws {
      let folder = try TemporaryFolder()
      let (json, first) = (folder.path("sweep.json"), folder.path("first"))
      let swept = try ddpTrain(
        .ranks(2),
        [
          "sweep", "--d-model", "16", "--batch", "4", "8", "--learning-rate", "0.01", "1e300", "--steps", "20",
          "--target", "3.5", "--json", json, "--report", first,
        ])
      #expect(swept.exitCode == 0, "\(swept)")
      for (name, file) in [("of-json", json), ("of-page", "\(first)/sweep.json")] {
        let again = folder.path(name)
        let result = try ddpTrain(.alone, ["report", file, "--report", again])
        #expect(result.exitCode == 0 && result.lines == ["\(again)/index.html"], "\(result)")
        for part in ["index.html", "sweep.json", "sweep.csv"] {
          #expect(FileManager.default.contentsEqual(atPath: "\(first)/\(part)", andPath: "\(again)/\(part)"), "\(part)")
        }
      }
      expectFailure(
        try ddpTrain(.alone, ["report", json, "--ceiling", json, "--report", folder.path("bad")]),
        saying: "--ceiling is for the results of scaling, and \(json) has others")
      let text = try String(contentsOfFile: json, encoding: .utf8)
      let bad = try folder.file("bad.json", text.replacing("\"c\" : 16", with: "\"c\" : 1000016"))
      expectFailure(
        try ddpTrain(.alone, ["report", bad, "--report", folder.path("bad")]),
        saying: "bad.json: not results of ddp-train: trials[0].c is 1000016, and must be from 16 to 1024")
      #expect(!FileManager.default.fileExists(atPath: folder.path("bad")))
    }

    /// What launch/many-core does, in small.
    @Test("puts a real measurement beside its ceiling, and its own JSON makes the same page")
    func ceiling() throws {
      let folder = try TemporaryFolder()
      let (scaling, ceiling, page) = (folder.path("scaling.json"), folder.path("ceiling.json"), folder.path("page"))
      let cases = ["--d-model", "16", "--batch", "64", "--mode", "strong"]
      let played = try ddpTrain(.alone, ["ceiling", "--ranks", "2", "--steps", "10", "--json", ceiling] + cases)
      #expect(played.exitCode == 0, "\(played)")
      let measured = try ddpTrain(
        .ranks(2), ["scaling", "--sync", "auto", "--seconds", "0.1", "--json", scaling] + cases)
      #expect(measured.exitCode == 0, "\(measured)")
      let result = try ddpTrain(.alone, ["report", scaling, "--ceiling", ceiling, "--report", page])
      #expect(result.exitCode == 0 && result.stderr.isEmpty && result.lines.last == "\(page)/index.html", "\(result)")
      // The sentence may be broken in two anywhere.
      let words = result.stdout.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(words.contains("2 ranks (auto (shared)): ") && words.contains(" the ceiling of "), "\(result)")
      #expect(!words.contains("does not say"), "\(result)")
      let csv = try folder.text("page/ceiling.csv").split(separator: "\r\n")
      #expect(csv.count == 2 && csv[1].hasPrefix("16,4,64,64,strong,auto,shared,2,"), "\(csv)")
      let again = folder.path("again")
      #expect(try ddpTrain(.alone, ["report", "\(page)/scaling.json", "--report", again]).exitCode == 0)
      for part in ["index.html", "scaling.json", "scaling.csv", "ceiling.csv"] {
        #expect(FileManager.default.contentsEqual(atPath: "\(page)/\(part)", andPath: "\(again)/\(part)"), "\(part)")
      }
    }

    @Test("a ceiling that is none, or of something else, is one message")
    func otherCeiling() throws {
      let folder = try TemporaryFolder()
      let played = folder.path("ceiling.json")
      let arguments = ["ceiling", "--d-model", "16", "--batch", "16", "--ranks", "2", "--steps", "1", "--json", played]
      #expect(try ddpTrain(.alone, arguments).exitCode == 0)
      let text = try folder.text("ceiling.json")
      let several = try folder.file("several.json", Self.small.replacing("\"ranks\": 1,", with: "\"ranks\": 2,"))
      func refused(_ ceiling: String, beside file: String, saying: String) throws {
        expectFailure(
          try ddpTrain(.alone, ["report", file, "--ceiling", ceiling, "--report", folder.path("page")]), saying: saying)
        #expect(!FileManager.default.fileExists(atPath: folder.path("page")))
      }
      try refused(played, beside: several, saying: "several.json: the ceiling's program was built for \"")
      // As if of the report's machine.
      let own = text.replacing(/"(isa|cpu)" : "[^"]*"/) { "\"\($0.output.1)\" : \"none\"" }
      let of32 = try folder.file("32.json", own.replacing("\"batch\" : 16", with: "\"batch\" : 32"))
      try refused(
        of32, beside: several,
        saying: "the ceiling is of C = 16, B = 32, strong, the results are of C = 16, B = 16, strong")
      let half = try folder.file("half.json", String(text.prefix(text.utf8.count / 2)))
      try refused(half, beside: several, saying: "half.json: not results of ddp-train: not JSON")
      try refused(several, beside: several, saying: "several.json: not results of ddp-train: ")
      try refused(folder.path("none"), beside: several, saying: "none: no such file")
      let race = try folder.file("race.json", #"{"kind": "race"}"#)
      try refused(played, beside: race, saying: "race.json: not results of ddp-train: ")
      let fitting = try folder.file("fitting.json", own)
      let result = try ddpTrain(
        .alone, ["report", several, "--ceiling", fitting, "--report", folder.path("page")])
      #expect(result.exitCode == 0 && result.stdout.contains("2 ranks (auto): 1.00 × one core"), "\(result)")
    }

    @Test("what is no report is one message", arguments: Start.both)
    func refused(start: Start) throws {
      let folder = try TemporaryFolder()
      let bad = try folder.file("bad.json", Self.small.replacingOccurrences(of: "\"isa\"", with: "\"iso\""))
      let page = ["--report", folder.path("page")]
      expectFailure(
        try ddpTrain(start, ["report", bad] + page),
        saying: "bad.json: not results of ddp-train: machine.isa is missing")
      expectFailure(try ddpTrain(start, ["report", folder.path("none")] + page), saying: "none: no such file")
      let other = try folder.file("other.json", #"{"kind": "page", "race": []}"#)
      expectFailure(
        try ddpTrain(start, ["report", other] + page),
        saying: "other.json: not results of ddp-train: kind is \"page\", and pages are made of scaling, sweep and race")
      #expect(!FileManager.default.fileExists(atPath: folder.path("page")))
    }
  }
}

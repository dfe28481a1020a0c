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
      let text = try String(contentsOfFile: json, encoding: .utf8)
      let bad = try folder.file("bad.json", text.replacing("\"c\" : 16", with: "\"c\" : 1000016"))
      expectFailure(
        try ddpTrain(.alone, ["report", bad, "--report", folder.path("bad")]),
        saying: "bad.json: not results of ddp-train: trials[0].c is 1000016, and must be from 16 to 1024")
      #expect(!FileManager.default.fileExists(atPath: folder.path("bad")))
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

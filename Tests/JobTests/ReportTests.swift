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

    @Test("what is no report is one message", arguments: Start.both)
    func refused(start: Start) throws {
      let folder = try TemporaryFolder()
      let bad = try folder.file("bad.json", Self.small.replacingOccurrences(of: "\"isa\"", with: "\"iso\""))
      let page = ["--report", folder.path("page")]
      expectFailure(
        try ddpTrain(start, ["report", bad] + page),
        saying: "bad.json: not a report of ddp-train scaling: machine.isa is missing")
      expectFailure(try ddpTrain(start, ["report", folder.path("none")] + page), saying: "none: no such file")
      #expect(!FileManager.default.fileExists(atPath: folder.path("page")))
    }
  }
}

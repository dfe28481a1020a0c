import Foundation
import TestSupport
import Testing

extension Jobs {
  @Suite("report")
  struct Report {
    /// A report that nobody measured, of one rank: no figures.
    private static let empty = """
      {"machine": {"cpu": "none", "isa": "none", "ranks": 1, "hosts": ["here"], "cores": 1, "system": "none", \
      "mpi": "none", "version": "0", "command": "none", "date": "none", "peak_gflops": 0, "peak_gflops_low": 0, \
      "peak_gflops_high": 0, "warnings": []}, "results": [], "cost": [], "late": [], "predictions": [], "assumptions": []}
      """

    @Test("makes a page from a JSON file", arguments: Start.both)
    func page(start: Start) throws {
      let folder = try TemporaryFolder()
      let json = try folder.file("run.json", Self.empty)
      let result = try ddpTrain(start, ["report", json, "--report", folder.path("page")])
      #expect(result.exitCode == 0 && result.lines == [folder.path("page") + "/index.html"], "\(result)")
      for name in ["index.html", "scaling.json", "scaling.csv"] {
        #expect(FileManager.default.fileExists(atPath: folder.path("page/\(name)")))
      }
    }

    @Test("what is no report is one message", arguments: Start.both)
    func refused(start: Start) throws {
      let folder = try TemporaryFolder()
      let bad = try folder.file("bad.json", Self.empty.replacingOccurrences(of: "\"isa\"", with: "\"iso\""))
      let page = ["--report", folder.path("page")]
      expectFailure(
        try ddpTrain(start, ["report", bad] + page),
        saying: "bad.json: not a report of ddp-train scaling: machine.isa is missing")
      expectFailure(try ddpTrain(start, ["report", folder.path("none")] + page), saying: "none: no such file")
      #expect(!FileManager.default.fileExists(atPath: folder.path("page")))
    }
  }
}

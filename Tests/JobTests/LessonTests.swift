import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  @Suite("lesson")
  struct Lesson {
    @Test("runs all its jobs, and writes the page; --from draws it anew")
    func whole() throws {
      let folder = try TemporaryFolder()
      let page = folder.path("page")
      let result = try MPIRun.runScript(
        "DDP_TRAIN_REHEARSAL=1 exec \"$0\" lesson --quick --ranks 2 --progress never --report '\(page)'",
        program: "ddp-train",
        timeout: .seconds(300))
      #expect(result.exitCode == 0, "\(result)")
      #expect(
        result.lines.last == page + "/index.html" && result.stdout.contains("When does another core pay?"), "\(result)")
      let json = try #require(
        try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: "\(page)/lesson.json")))
          as? [String: Any])
      for part in ["bench", "ladder", "strategies", "scaling", "ceiling", "race"] {
        #expect(json[part] is [String: Any], "\(part)")
        #expect(FileManager.default.fileExists(atPath: "\(page)/parts/\(part).json"), "\(part)")
      }
      let parts = try #require(json["parts"] as? [[String: Any]])
      #expect(parts.count == 6 && parts.allSatisfy { $0["problem"] == nil && ($0["seconds"] as? Double ?? 0) > 0 })
      #expect((json["scaling"] as? [String: Any]).flatMap { ($0["machine"] as? [String: Any])?["ranks"] as? Int } == 2)

      let again = try ddpTrain(.alone, ["lesson", "--from", "\(page)/lesson.json", "--report", folder.path("again")])
      #expect(again.exitCode == 0, "\(again)")
      #expect(try folder.text("again/index.html") == folder.text("page/index.html"))
      expectFailure(
        try ddpTrain(.alone, ["lesson", "--from", "\(page)/lesson.json", "--report", page]), saying: "--from")
    }

    @Test("one core has no jobs of several ranks, and the page says so")
    func oneCore() throws {
      let folder = try TemporaryFolder()
      let result = try MPIRun.runScript(
        "cd '\(folder.path)' && DDP_TRAIN_REHEARSAL=1 exec \"$0\" lesson --quick --ranks 1 --progress never --report page",
        program: "ddp-train", timeout: .seconds(300))
      #expect(result.exitCode == 0 && result.stdout.contains("not measured: It was not measured."), "\(result)")
    }

    @Test("a part that fails is a line, and the page has the others")
    func failing() throws {
      let folder = try TemporaryFolder()
      let result = try MPIRun.runScript(
        "cd '\(folder.path)' && DDP_TRAIN_MPIRUN=/bin/false DDP_TRAIN_REHEARSAL=1 exec \"$0\" lesson --quick --ranks 2 "
          + "--progress never --report page", program: "ddp-train", timeout: .seconds(300))
      #expect(result.exitCode == 1, "\(result)")
      #expect(
        result.stderr.contains("4 of 6 parts could not be measured: ladder, strategies, scaling, race"), "\(result)")
      #expect(try folder.text("page/index.html").contains("<h2 id=\"one-core\">"))
    }

    @Test("a request to stop reaches the job, and ends the lesson")
    func stopped() throws {
      let folder = try TemporaryFolder()
      let result = try ddpTrain(
        .alone, ["lesson", "--progress", "never", "--report", folder.path("page")], timeout: .seconds(120)
      ) { job in
        try job.wait(until: "a part is being measured") { !job.children.isEmpty }
        sleep(1)
        job.signal(SIGTERM)
      }
      #expect(result.exitCode == 130, "\(result)")
      #expect(!FileManager.default.fileExists(atPath: folder.path("page/index.html")))
    }

    @Test("under mpirun, with options without effect, and of a file that is something else: one line")
    func refused() throws {
      let folder = try TemporaryFolder()
      let words = try ddpTrain(.ranks(2), ["lesson"])
      expectFailure(words, saying: "lesson starts mpirun by itself: call it without a launcher", code: 64)
      expectFailure(
        try ddpTrain(.alone, ["lesson", "--from", "x.json", "--quick"]),
        saying: "--quick has no effect with --from: nothing is measured", code: 64)
      expectFailure(try ddpTrain(.alone, ["lesson", "--from", folder.path("none.json")]), saying: "none.json")
      let other = try folder.file("other.json", "{\"kind\": \"race\"}")
      expectFailure(
        try ddpTrain(.alone, ["lesson", "--from", other, "--report", folder.path("page")]), saying: "kind is not lesson"
      )
    }
  }
}

import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  @Suite("where the program is started")
  struct Place {
    @Test("data and configurations of the package are found from anywhere", arguments: Start.both)
    func anywhere(start: Start) throws {
      let folder = try TemporaryFolder("a folder of its own")
      let result = try ddpTrain(start, ["--config", "d16", "--steps", "2", "--generate", "1"], folder: folder.path)
      #expect(result.exitCode == 0, "\(result)")
      #expect(result.line("model")?.hasPrefix("d-model 16, ") == true, "\(result)")
      #expect(result.line("data")?.hasSuffix("data/names.txt: 32,033 names") == true, "\(result)")
    }

    @Test("relative paths count from the current folder, with spaces in them", arguments: Start.both)
    func relative(start: Start) throws {
      let folder = try TemporaryFolder("with space")
      _ = try folder.file("my names.txt", "anna\nmark\nzoe\n")
      _ = try folder.file("my run.yaml", "steps: 2\n")
      let result = try ddpTrain(
        start, ["--data", "my names.txt", "--config", "my run.yaml", "--metrics", "my metrics.jsonl"],
        folder: folder.path)
      #expect(result.exitCode == 0, "\(result)")
      #expect(result.line("data") == "my names.txt: 3 names", "\(result)")
      #expect(try Metrics(path: folder.path("my metrics.jsonl")).final.steps == 2)
    }

    @Test("each configuration of the package trains", arguments: [16, 32, 64, 128])
    func configurations(dModel: Int) throws {
      for name in ["d\(dModel)", "d\(dModel).yaml", PackagePaths.file("configs/d\(dModel).yaml")] {
        let result = try ddpTrain(.alone, ["--config", name, "--steps", "2", "--generate", "0"])
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.line("model")?.hasPrefix("d-model \(dModel), ") == true, "\(result)")
      }
    }

    @Test("a configuration that does not exist is answered with those that do")
    func unknown() throws {
      let result = try ddpTrain(.alone, ["--config", "d65"])
      expectFailure(result, saying: "d65: no such configuration file; configs/ has d128, d16, d32, d64")
    }
  }
}

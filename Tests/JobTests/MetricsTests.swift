import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  @Suite("the metrics file")
  struct MetricsFile {
    @Test("has a record a step, and a final one", arguments: [Start.alone, .ranks(3)])
    func everyStep(start: Start) throws {
      let metrics = try train(start, ["--d-model", "16", "--steps", "150"])
      #expect(metrics.records.map(\.step) == Array(1...150))
      #expect(metrics.final.steps == 150)
      #expect(!metrics.final.interrupted)
      #expect(metrics.final.parametersHash.count == 32)
      #expect(metrics.final.parametersHash.allSatisfy { $0.isHexDigit && !$0.isUppercase })
      let last = metrics.losses.suffix(100).reduce(0, +) / 100
      #expect(abs(metrics.final.lossLast100 - last) < 1e-12)
    }

    @Test("--log-every K: one a K steps, and the last step")
    func everyThird() throws {
      let every = try train(.alone, ["--d-model", "16", "--steps", "10"])
      let third = try train(.alone, ["--d-model", "16", "--steps", "10", "--log-every", "3"])
      #expect(third.records.map(\.step) == [3, 6, 9, 10])
      #expect(third.losses == [3, 6, 9, 10].map { every.losses[$0 - 1] })
      #expect(third.final.parametersHash == every.final.parametersHash)
      // The mean of all ten, not of the four that were recorded.
      #expect(third.final.lossLast100 == every.final.lossLast100)
      #expect(abs(every.final.lossLast100 - every.losses.reduce(0, +) / 10) < 1e-12)
    }

    @Test("--log-every beyond the run records its last step")
    func beyond() throws {
      #expect(try train(.alone, ["--steps", "4", "--log-every", "100"]).records.map(\.step) == [4])
    }

    @Test("its times add up", arguments: [Start.alone, .ranks(2)])
    func times(start: Start) throws {
      let metrics = try train(start, ["--d-model", "32", "--steps", "100"])
      for record in metrics.records {
        let phases = [record.forward, record.backward, record.synchronisation, record.wait, record.adam]
        #expect(phases.allSatisfy { $0 >= 0 })
        #expect(record.forward > 0 && record.backward > 0 && record.adam > 0)
        // With a record a step, the phases are parts of that very step.
        #expect(phases.reduce(0, +) <= record.microsecondsPerStep, "step \(record.step)")
        // A batch of 16 names has 3 to 16 positions a name.
        let positions = record.positionsPerSecond * record.microsecondsPerStep * 1e-6
        #expect(abs(positions - positions.rounded()) < 1e-6)
        #expect((48...256).contains(positions))
        #expect(abs(record.namesPerSecond * record.microsecondsPerStep * 1e-6 - 16) < 1e-6)
        #expect(record.lettersPerSecond == record.positionsPerSecond - record.namesPerSecond)
        let rate = 0.003 * (1 - Double(record.step - 1) / 100)
        #expect(abs(record.learningRate - rate) < 1e-15)
      }
      let elapsed = metrics.records.map(\.elapsedSeconds)
      #expect(elapsed == elapsed.sorted())
      let median = metrics.records.map(\.microsecondsPerStep).sorted()[49...50].reduce(0, +) / 2
      // Each step time is kept in float32.
      #expect(abs(metrics.final.microsecondsPerStep - median) < 1e-6 * median)
    }

    @Test("one rank waits for nobody")
    func noWait() throws {
      #expect(try train(.alone, ["--steps", "20"]).records.allSatisfy { $0.wait == 0 })
      #expect(try train(.ranks(2), ["--steps", "20"]).records.allSatisfy { $0.wait > 0 })
    }

    @Test("an earlier run's file keeps its records where this one fails before it trains", arguments: Start.both)
    func notBegun(start: Start) throws {
      let folder = try TemporaryFolder()
      let old = try folder.file("metrics", "of before")
      let result = try ddpTrain(start, ["--metrics", old, "--trace", folder.path("none/trace")])
      expectFailure(result, saying: "there is no folder")
      #expect(try folder.text("metrics") == "of before")
    }

    @Test("it is followed line by line, and goes on at its end where somebody empties it")
    func emptied() throws {
      let folder = try TemporaryFolder()
      let path = folder.path("metrics")
      let result = try ddpTrain(
        .alone, ["--steps", "2000", "--metrics", path, "--quiet", "--generate", "0"]
      ) { job in
        try job.wait(until: "there are records") { ((try? folder.data("metrics"))?.count ?? 0) > 0 }
        #expect(truncate(path, 0) == 0)
      }
      #expect(result.exitCode == 0, "\(result)")
      let lines = try folder.text("metrics").split(separator: "\n")
      #expect(lines.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") } && lines.count > 1)
    }

    @Test("past the limit on a file's size: an error at the end, and the last checkpoint is whole")
    func sizeLimit() throws {
      let folder = try TemporaryFolder()
      // A checkpoint of 54 kB fits, and the metrics do not.
      let result = try MPIRun.runScript(
        """
        cd \(folder.path) && exec prlimit --fsize=100000 "$0" --d-model 16 --steps 2000 --generate 0 --progress never \
        --metrics metrics --checkpoint-dir run
        """, program: "ddp-train")
      expectFailure(result, saying: "--metrics metrics: cannot be written: File too large; it is incomplete")
      #expect(try folder.data("metrics").count == 100_000)
      let names = try ddpTrain(.alone, ["generate", "--model", folder.path("run/step-000002000.safetensors")])
      #expect(names.exitCode == 0 && names.lines.count == 10, "\(names)")
    }

    @Test(
      "records that were lost before the checkpoint are named on resuming; the file keeps its mode and its place",
      arguments: [
        (20, 1, nil), (12, 1, "steps 13 to 20"), (19, 1, "step 20"), (0, 1, "steps 1 to 20"), (2, 6, "steps 13 to 20"),
        (3, 6, nil),
      ])
    func gap(kept: Int, every: Int, missing: String?) throws {
      let folder = try RunFolder()
      _ = try folder.train(1, ["--steps", "20", "--log-every", "\(every)"])
      let lines = try String(contentsOfFile: folder.metricsPath, encoding: .utf8).split(separator: "\n")
      let target = folder.metricsPath + ".target"
      try lines[..<kept].map { $0 + "\n" }.joined().write(toFile: target, atomically: true, encoding: .utf8)
      try FileManager.default.removeItem(atPath: folder.metricsPath)
      #expect(symlink(target, folder.metricsPath) == 0 && chmod(target, 0o640) == 0)
      let result = try folder.run(1, ["--steps", "20", "--resume", "--log-every", "\(every)"])
      #expect(result.exitCode == 0, "\(result)")
      let warnings = result.stderr.split(separator: "\n").filter { $0.contains("warning") && $0.contains("records of") }
      #expect(warnings.count == (missing == nil ? 0 : 1), "\(result)")
      if let missing {
        #expect(warnings.first?.contains("records of \(missing) are missing; the run goes on after step 20") == true)
      }
      var status = stat()
      #expect(lstat(folder.metricsPath, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
      #expect(stat(target, &status) == 0 && status.st_mode & 0o777 == 0o640)
    }
  }
}

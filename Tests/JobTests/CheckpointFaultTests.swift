import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// Signals, full disks, folders that cannot be had.
  @Suite("checkpoints when things go wrong")
  struct CheckpointFaults {
    enum Target: String, CaseIterable { case rank0, rank1, mpirun }

    /// Under mpirun SIGTERM and SIGINT to it end with its own code.
    @Test("a signal: a checkpoint of the last step", arguments: [SIGTERM, SIGINT, SIGUSR1], Target.allCases)
    func signal(number: Int32, target: Target) throws {
      let folder = try RunFolder()
      let arguments = [
        "--steps", "1000000000", "--checkpoint-every", "0.1s", "--checkpoint-keep", "1", "--log-every", "9",
      ]
      var signalled = ContinuousClock.now
      // mpirun's own grace of a second or two is short for a machine that is busy with a build.
      let result = try folder.run(2, arguments, options: ["--mca", "odls_base_sigkill_timeout", "3"]) { job in
        try job.wait(until: "there is a checkpoint") { !folder.steps.isEmpty }
        try #require(job.children.count == 2)
        signalled = .now
        switch target {
        case .rank0: kill(job.children[0], number)
        case .rank1: kill(job.children[1], number)
        case .mpirun: job.signal(number)
        }
      }
      // In less than a second on a machine that has nothing else to do.
      #expect(signalled.duration(to: .now) < .seconds(30))
      #expect(target == .mpirun && number != SIGUSR1 ? result.exitCode != 0 : result.exitCode == 130, "\(result)")
      let final = try Metrics(path: folder.metricsPath).final
      #expect(final.interrupted && folder.steps == [final.steps], "\(folder.steps) \(result)")
    }

    @Test("two signals of a scheduler are no more than one", arguments: [SIGTERM, SIGUSR1])
    func twice(number: Int32) throws {
      let folder = try RunFolder()
      let result = try folder.run(2, ["--steps", "1000000000", "--checkpoint-every", "0.1s"], options: []) { job in
        try job.wait(until: "there is a checkpoint") { !folder.steps.isEmpty }
        for child in job.children + job.children { kill(child, number) }
      }
      #expect(result.exitCode == 130, "\(result)")
      #expect(try Metrics(path: folder.metricsPath).final.steps == folder.steps.last)
    }

    @Test("a second job in the same folder is refused, and the first goes on")
    func twoJobs() throws {
      let folder = try RunFolder()
      var other: RunResult?
      let arguments = ["--steps", "1000000000", "--checkpoint-every", "0.1s"]
      let first = try folder.run(1, arguments) { job in
        try job.wait(until: "there is a checkpoint") { !folder.steps.isEmpty }
        other = try folder.startBeside(["--resume"] + arguments, under: [])
        job.children.forEach { kill($0, SIGINT) }
      }
      #expect(first.exitCode == 130, "\(first)")
      expectFailure(try #require(other), saying: "\(folder.path): another job keeps its checkpoints there")
    }

    @Test("a folder that cannot be had: one message before anything is trained")
    func noFolder() throws {
      let folder = try TemporaryFolder()
      let file = try folder.file("file", "x")
      let result = try ddpTrain(.ranks(2), ["--steps", "20", "--checkpoint-dir", "\(file)/below"])
      expectFailure(result, saying: "\(file)/below: cannot be made a folder for checkpoints: Not a directory")
      #expect(!result.stdout.contains("loss"))
    }

    @Test("what is half written by a killed run goes, and damages nothing")
    func partial() throws {
      let folder = try RunFolder()
      _ = try folder.train(1, ["--steps", "20"])
      let half = folder.file(30) + ".partial"
      try Data("half".utf8).write(to: URL(fileURLWithPath: half))
      #expect(try folder.train(1, ["--steps", "20", "--resume"]).final.resumedFrom == 20)
      #expect(!FileManager.default.fileExists(atPath: half))
    }

    @Test(
      "options that make no sense",
      arguments: [
        (["--resume"], "resume needs checkpoint-dir"),
        (["--checkpoint-every", "5"], "checkpoint-every needs checkpoint-dir"),
        (["--checkpoint-dir", "x", "--checkpoint-keep", "0"], "--checkpoint-keep \"0\" is not a whole number from 1"),
        (["--checkpoint-dir", ""], "checkpoint-dir names no folder"),
      ])
    func options(arguments: [String], message: String) throws {
      expectFailure(try ddpTrain(.ranks(2), ["--steps", "20"] + arguments), saying: message, code: 64)
    }

    @Test("so do intervals that are none", arguments: ["0", "5m", "-3s", "often"])
    func intervals(text: String) throws {
      let result = try ddpTrain(.alone, ["--checkpoint-dir", "x", "--checkpoint-every=\(text)"])
      expectFailure(result, saying: "--checkpoint-every \"\(text)\" is not a number of steps", code: 64)
    }

    @Test("all four options may stand in a configuration file, the folder beside it")
    func configuration() throws {
      let folder = try TemporaryFolder()
      let options =
        "d-model: 16\nsteps: 20\ncheckpoint-dir: kept\ncheckpoint-every: 5\ncheckpoint-keep: 2\nresume: yes\n"
      let file = try folder.file("run.yaml", options)
      let result = try ddpTrain(.ranks(2), ["--config", file, "--generate", "0"])
      #expect(result.exitCode == 0, "\(result)")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("kept")).sorted()
      // Which of those on the way were taken depends on the disk; the end is always there.
      #expect(names.last == "step-000000020.safetensors" && names.count <= 3, "\(names)")
    }
  }
}

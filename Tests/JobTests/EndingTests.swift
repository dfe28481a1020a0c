import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// Runs that do not reach their last step.
  @Suite("early ends")
  struct Endings {
    private static let steps = 1_000_000_000
    private static let arguments = [
      "--d-model", "16", "--steps", "\(steps)", "--log-every", "5", "--generate", "4", "--progress", "never",
    ]

    /// Starts a run that would take hours, does something to it once it trains, and returns what came of it.
    private func interrupt(
      _ start: Start, _ more: [String] = [], _ action: (RunningJob) throws -> Void
    ) throws -> (result: RunResult, metrics: String, seconds: Duration) {
      let folder = try TemporaryFolder()
      let metrics = folder.path("metrics.jsonl")
      var acted = ContinuousClock.now
      let arguments = Self.arguments + more + ["--metrics", metrics]
      let result = try ddpTrain(start, arguments, options: [], timeout: .seconds(30)) { job in
        try job.wait(until: "it trains") {
          let size = try? FileManager.default.attributesOfItem(atPath: metrics)[.size] as? Int
          return (size ?? 0) > 0
        }
        acted = .now
        try action(job)
      }
      let seconds = acted.duration(to: .now)
      return (result, try String(contentsOfFile: metrics, encoding: .utf8), seconds)
    }

    /// Everything that a whole run ends with is there.
    private func expectCleanEnd(_ result: RunResult, _ metrics: String) throws {
      #expect(result.errors.isEmpty, "\(result)")
      let summary = try #require(result.lines.first { $0.hasPrefix("interrupted after step ") }, "\(result)")
      #expect(summary.hasSuffix(" of 1,000,000,000"))
      #expect(result.lines.filter { $0 == summary }.count == 1)
      #expect(result.line("loss") != nil && result.line("parameters") != nil, "\(result)")
      expectNames(result.lines.suffix(4), count: 4)
      let folder = try TemporaryFolder()
      let read = try Metrics(path: try folder.file("copy", metrics))
      #expect(read.final.interrupted)
      #expect(read.final.steps < Self.steps && read.final.steps > 0)
      #expect(read.records.last?.step == read.final.steps)
      let step = summary.split(separator: " ")[3].replacing(",", with: "")
      #expect(step == "\(read.final.steps)")
    }

    @Test("a signal to a run without mpirun: summary, names, metrics and code 130", arguments: [SIGINT, SIGTERM])
    func signalAlone(signal: Int32) throws {
      let (result, metrics, _) = try interrupt(.alone) { $0.signal(signal) }
      #expect(result.exitCode == 130, "\(result)")
      try expectCleanEnd(result, metrics)
    }

    @Test("Ctrl-C without mpirun reaches the whole process group")
    func controlCAlone() throws {
      let (result, metrics, _) = try interrupt(.alone) { $0.signalGroup(SIGINT) }
      #expect(result.exitCode == 130, "\(result)")
      try expectCleanEnd(result, metrics)
    }

    /// The exit code is mpirun's own.
    @Test("Ctrl-C and SIGTERM under mpirun: summary, names and metrics", arguments: [SIGINT, SIGTERM])
    func signalJob(signal: Int32) throws {
      let (result, metrics, seconds) = try interrupt(.ranks(2)) { $0.signalGroup(signal) }
      #expect(result.exitCode != 0, "\(result)")
      #expect(seconds < .seconds(10))
      try expectCleanEnd(result, metrics)
    }

    @Test("a signal to one rank stops all of them after the same step", arguments: [0, 1])
    func signalOneRank(rank: Int) throws {
      let (result, metrics, _) = try interrupt(.ranks(2)) { job in
        try #require(job.children.count == 2)
        kill(job.children[rank], SIGINT)
      }
      #expect(result.exitCode == 130, "\(result)")
      try expectCleanEnd(result, metrics)
    }

    @Test("a rank that is killed ends the job within seconds", arguments: [2, 3])
    func killed(ranks: Int) throws {
      let (result, _, seconds) = try interrupt(.ranks(ranks)) { job in
        try #require(job.children.count == ranks)
        kill(job.children[ranks - 1], SIGKILL)
      }
      #expect(result.exitCode == 137, "\(result)")
      #expect(seconds < .seconds(10), "\(seconds)")
    }

    /// Whatever its step it was in: a rank waits for it on a flag or inside MPI.
    @Test(
      "so does one under any strategy", arguments: ["sharded", "shared", "factors", "hierarchical", "overlap"], [2, 3])
    func killed(strategy: String, ranks: Int) throws {
      let (result, _, seconds) = try interrupt(.ranks(ranks), ["--sync", strategy]) { job in
        try #require(job.children.count == ranks)
        kill(job.children[0], SIGKILL)
      }
      #expect(result.exitCode == 137, "\(result)")
      #expect(seconds < .seconds(10), "\(seconds)")
    }

    @Test("metrics that cannot be written: names and all, then one message and code 1", arguments: Start.both)
    func fullDisk(start: Start) throws {
      let arguments = ["--d-model", "16", "--steps", "200", "--generate", "3", "--progress", "never"]
      let result = try ddpTrain(start, arguments + ["--metrics", "/dev/full"])
      expectFailure(result, saying: "--metrics /dev/full: cannot be written: No space left on device; it is incomplete")
      expectNames(result.lines.suffix(3), count: 3)
    }
  }
}

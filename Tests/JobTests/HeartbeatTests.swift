import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// Where the ranks say they are, as `launch/supervise` reads it.
  @Suite("heartbeats")
  struct Heartbeats {
    private struct Beat {
      let rank, process, step: Int
      let place: String

      init?(_ line: Substring) {
        let form = /ddp-train: heartbeat: rank (\d+) of 2, process (\d+) on [^,]+, step (\d+), ([a-z]+)( for \d+ s)?/
        guard let match = line.wholeMatch(of: form), let rank = Int(match.1), let process = Int(match.2),
          let step = Int(match.3)
        else { return nil }
        (self.rank, self.process, self.step, place) = (rank, process, step, String(match.4))
      }
    }

    /// Beats of each rank, in their order.
    private func beats(in result: RunResult) -> [[Beat]] {
      let all = result.stderr.split(whereSeparator: \.isNewline).compactMap { Beat($0) }
      return (0..<2).map { rank in all.filter { $0.rank == rank } }
    }

    /// The step at which training begins: that of the first beat after the files of the start are read.
    private func beginning(of beats: [Beat]) -> Int? {
      beats.first { $0.place != "starting" && $0.place != "reading" }?.step
    }

    @Test("every rank says each second where it is, and at which step it begins and goes on")
    func everySecond() throws {
      let folder = try RunFolder()
      let arguments = ["--steps", "1000000000", "--heartbeat", "1", "--checkpoint-every", "1s"]
      let first = try folder.run(2, arguments) { job in
        let begun = ContinuousClock.now
        try job.wait(until: "four seconds are over") { begun.duration(to: .now) > .seconds(4) }
        kill(job.children[0], SIGUSR1)
      }
      #expect(first.exitCode == 130, "\(first)")
      for own in beats(in: first) {
        #expect(own.count >= 3 && Set(own.map(\.process)).count == 1, "\(first)")
        #expect(beginning(of: own) == 0, "\(first)")
        #expect(own.map(\.step) == own.map(\.step).sorted() && (own.last?.step ?? 0) > 0, "\(first)")
      }
      let stopped = try #require(folder.steps.last)
      let second = try folder.run(2, arguments + ["--resume"]) { job in
        let begun = ContinuousClock.now
        try job.wait(until: "two seconds are over") { begun.duration(to: .now) > .seconds(2) }
        kill(job.children[1], SIGUSR1)
      }
      for own in beats(in: second) { #expect(beginning(of: own) == stopped, "\(second)") }
    }

    @Test("a rank that is stopped falls silent, and the other one says that it waits")
    func stopped() throws {
      let folder = try RunFolder()
      let result = try folder.run(2, ["--steps", "1000000000", "--heartbeat", "1", "--checkpoint-every", "1s"]) { job in
        try job.wait(until: "there is a checkpoint") { !folder.steps.isEmpty }
        let stopped = job.children[1]
        kill(stopped, SIGSTOP)
        let since = ContinuousClock.now
        try job.wait(until: "three seconds are over") { since.duration(to: .now) > .seconds(3) }
        kill(job.children[0], SIGUSR1)
        kill(stopped, SIGCONT)
      }
      #expect(result.exitCode == 130, "\(result)")
      let waits = beats(in: result)[0].filter { $0.place == "exchanging" }
      let counts = Dictionary(grouping: waits, by: \.step).values.map(\.count)
      #expect((counts.max() ?? 0) >= 2, "\(result)")
    }

    @Test("a sweep's steps are those of all its trials, of the ones before it went on, too")
    func sweep() throws {
      let folder = try TemporaryFolder()
      let arguments = [
        "sweep", "--d-model", "16", "--batch", "8", "--learning-rate", "0.002", "0.003", "0.004", "--steps", "5000",
        "--progress", "never", "--heartbeat", "1", "--results", folder.path("sweep.jsonl"),
      ]
      for (more, steps) in [([], 0), (["--resume"], 15_000)] {
        let result = try ddpTrain(.ranks(2), arguments + more)
        #expect(result.exitCode == 0, "\(result)")
        for own in beats(in: result) {
          #expect(beginning(of: own) == steps, "\(result)")
          #expect(own.allSatisfy { $0.step <= 15_000 }, "\(result)")
        }
      }
    }
  }
}

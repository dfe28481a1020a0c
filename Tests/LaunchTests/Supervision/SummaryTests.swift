import Launch
import Testing
import Values

/// What is said when a job was started more than once.
@Suite struct SummaryTests {
  /// A job whose first attempt begins at 0 and does ten steps a second for so long, and whose second begins at `step`.
  private func summary(seconds: Double, step: Int, leftOut: [String] = []) -> String? {
    var (job, done) = ScriptedJob.training()
    done += job.at(seconds, .exited(code: 137))
    done += job.at(seconds, .hostsLeftOut(leftOut, all: 3))
    done += job.begins(at: seconds + 1, step: step)
    done += job.at(seconds + 2, [.ended(.done, code: 0), .exited(code: 0)])
    return done.dropLast().last
  }

  @Test func oneStep() { #expect(summary(seconds: 10, step: 99) == "12 say 2 starts; 1 step done twice (0.1 s)") }

  @Test func noStep() { #expect(summary(seconds: 10, step: 100) == "12 say 2 starts; no step done twice") }

  @Test func aCheckpointThatIsNewerThanTheLastSign() {
    #expect(summary(seconds: 10, step: 107) == "12 say 2 starts; no step done twice")
  }

  @Test func manySteps() {
    #expect(summary(seconds: 3000, step: 10) == "3002 say 2 starts; 29,990 steps done twice (2,999 s)")
  }

  @Test func hosts() {
    #expect(
      summary(seconds: 10, step: 70, leftOut: ["c", "b"])
        == "12 say 2 starts; 30 steps done twice (3.0 s); left out: b, c")
  }

  @Test func oneStartIsNothingToTell() {
    var (job, done) = ScriptedJob.training()
    done += job.at(1, .hostsLeftOut(["b"], all: 2))
    done += job.at(2, [.ended(.done, code: 0), .exited(code: 0)])
    #expect(done == ["0 start", "1 say left out: b; 1 of 2 hosts remain", "2 clean up", "2 finish 0"])
  }

  /// What a failure costs is known when the job trains again, however many starts fail in between.
  @Test func startsThatNeverBegin() {
    var (job, done) = ScriptedJob.training()
    done += job.at(10, .exited(code: 137))
    done += job.at(11, [.started(process: 100, ranks: 2, hosts: 1), .exited(code: 137)])
    done += job.until(12)
    #expect(done.last == "12 start")
    done += job.begins(at: 12, step: 40)
    done += job.at(13, [.ended(.done, code: 0), .exited(code: 0)])
    #expect(done.dropLast().last == "13 say 3 starts; 60 steps done twice (6.0 s)")
  }

  @Test func losesAddUp() {
    var (job, done) = ScriptedJob.training()
    done += job.at(10, .exited(code: 137))
    done += job.begins(at: 11, step: 40)
    done += job.at(21, .exited(code: 137))
    done += job.begins(at: 22, step: 120)
    done += job.at(23, [.ended(.done, code: 0), .exited(code: 0)])
    #expect(done.dropLast().last == "23 say 3 starts; 80 steps done twice (8.0 s)")
  }
}

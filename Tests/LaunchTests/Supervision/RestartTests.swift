import Launch
import Testing
import Values

/// Failures, what comes after them, and what is said.
@Suite struct RestartTests {
  private func failure(_ number: Int, of most: Int = 3, code: String = "137 (a rank, or mpirun itself, was killed)")
    -> String
  {
    "the job ended with code \(code): starting it again, failure \(number) of \(most) without progress"
  }

  /// An attempt that fails before it has begun.
  private func fail(_ job: inout ScriptedJob, at time: Double, code: Int32 = 137) -> [String] {
    job.at(time, [.started(process: 100, ranks: 2, hosts: 1), .opened("a"), .exited(code: code)])
  }

  @Test func trainingAgain() {
    var (job, done) = ScriptedJob.training()
    done += job.at(10.5, .exited(code: 139))
    done += job.begins(at: 13.75, step: 80, ranks: 1)
    done += job.at(14.75, .ended(.done, code: 0))
    done += job.at(15, .exited(code: 0))
    #expect(
      done == [
        "0 start", "10.5 clean up",
        "10.5 say the job ended with code 139 (a rank crashed), about step 100: starting it again,"
          + " failure 1 of 3 without progress", "10.5 start",
        "13.75 say training again at step 80 on 1 rank, 3.2 s after the job before", "15 clean up",
        "15 say 2 starts; 20 steps done twice (2.0 s)", "15 finish 0",
      ])
  }

  @Test func anEarlierBegin() {
    var (job, done) = ScriptedJob.training(step: 5000)
    done += job.at(10, .exited(code: 137))
    done = job.begins(at: 12, step: 4000)
    #expect(
      done == [
        "12 say training again at step 4000 on 2 ranks, 2.0 s after the job before",
        "12 say warning: that is before step 5000, where an earlier one began: do all hosts see the same folder of"
          + " checkpoints?",
      ])
    // Said once in an attempt.
    #expect(job.at(13, .begun(ranks: 2, step: 3000)) == [])
  }

  @Test func theSameBeginIsNoReasonToWarn() {
    var (job, done) = ScriptedJob.training(step: 5000)
    done += job.at(10, .exited(code: 137))
    #expect(job.begins(at: 12, step: 5000).count == 1)
  }

  @Test func givingUp() {
    var (job, done) = ScriptedJob.training()
    done += job.at(10, .exited(code: 137))
    #expect(job.begins(at: 11, step: 0).count == 1)
    #expect(job.at(12, .exited(code: 137)).suffix(1) == ["12 wait until 13"])
    #expect(job.at(12.5, .tick) == [])
    #expect(job.at(13, .tick) == ["13 start"])
    #expect(job.begins(at: 13, step: 0).count == 1)
    #expect(
      job.at(14, .exited(code: 205)) == [
        "14 clean up",
        "14 say the job ended with code 205 (the connection to a host was lost);"
          + " giving up after 3 failures without progress",
        "14 say 3 starts; 110 steps done twice (11.0 s)", "14 finish 205",
      ])
  }

  @Test func givingUpAfterOne() {
    var (job, done) = ScriptedJob.training(SupervisionLimits(attempts: 1))
    done += job.at(10, .exited(code: 137))
    #expect(done[line: 2].hasSuffix("; giving up after 1 failure without progress"))
    #expect(done[line: 3] == "10 finish 137")
  }

  @Test func aLaterBeginIsProgress() {
    var (job, done) = ScriptedJob.training(SupervisionLimits(attempts: 2))
    for step in 1...20 {
      done += job.at(Double(step) * 10, .exited(code: 137))
      done += job.begins(at: Double(step) * 10 + 1, step: step)
    }
    #expect(done.count { $0.hasSuffix("failure 1 of 2 without progress") } == 20)
    #expect(done.allSatisfy { !$0.contains("wait until") })
  }

  /// Where a rank is seen first may be any step after the begin.
  @Test func aLaterSignIsNoProgress() {
    var job = ScriptedJob()
    var done = job.at(0, .began)
    for second in 1...4 {
      done += job.at(
        Double(second * second),
        [
          .started(process: 100, ranks: 2, hosts: 1), .opened("a"), .signs([sign(0, step: second)]),
          .exited(code: 137),
        ])
    }
    #expect(done.last == "9 finish 137")
  }

  @Test func pausesGrow() {
    var (job, done) = ScriptedJob.training(SupervisionLimits(attempts: 100))
    done += job.at(1, .exited(code: 137))
    var time = 2.0
    var pauses: [Double] = []
    for _ in 1...7 {
      let failed = fail(&job, at: time).last
      let until = failed.flatMap { $0.contains("wait") ? Double($0.split(separator: " ").last ?? "") : nil } ?? time
      pauses.append(until - time)
      #expect(job.at(until - 0.25, .tick) == [])
      #expect(job.at(until, .tick) == ["\(Int(until)) start"])
      time = until + 1
    }
    #expect(pauses == [1, 2, 4, 8, 30, 30, 30])
  }

  /// Who starts it is still there, and sees why.
  @Test func theFirstStartSaysWhatIsWrong() {
    var job = ScriptedJob()
    var done = job.at(0, .began)
    done += fail(&job, at: 1, code: 1)
    #expect(done == ["0 start", "1 clean up", "1 finish 1"])
  }

  @Test func theSameOfALaterOne() {
    var job = ScriptedJob()
    var done = job.at(0, .began)
    done += fail(&job, at: 1)
    done += fail(&job, at: 2, code: 1)
    #expect(done.suffix(2) == ["2 say " + failure(2, code: "1 (see above)"), "2 wait until 3"])
  }

  /// The signs of ranks that train are enough, where rank 0's own words are missing.
  @Test(arguments: [(RunStage.computing, true), (.starting, false), (.reading, false)])
  func theSameOfOneThatTrained(stage: RunStage, hasBegun: Bool) {
    var job = ScriptedJob()
    var done = job.at(0, [.began, .started(process: 100, ranks: 2, hosts: 1), .opened("a")])
    done += job.at(1, [.signs([sign(1, step: 7, stage)]), .exited(code: 1)])
    #expect((done.last == "1 start") == hasBegun)
    #expect(done.contains { $0.contains("about step 7") } == hasBegun)
  }

  @Test(arguments: [64, 78] as [Int32]) func wrongOptions(code: Int32) {
    var (job, done) = ScriptedJob.training()
    done += job.at(1, .exited(code: 137))
    done = fail(&job, at: 2, code: code)
    #expect(done == ["2 clean up", "2 say 2 starts; no step done twice", "2 finish \(code)"])
  }

  @Test(
    arguments: [
      (137, "a rank, or mpirun itself, was killed"), (139, "a rank crashed"),
      (205, "the connection to a host was lost"), (143, "a rank, or mpirun itself, was ended by SIGTERM"),
      (134, "a rank, or mpirun itself, was ended by SIGABRT"), (2, "see above"), (Int32.min, "see above"),
    ] as [(Int32, String)])
  func codesInWords(code: Int32, words: String) {
    var (job, done) = ScriptedJob.training()
    done += job.at(1, .exited(code: code))
    #expect(done[line: 2].contains("the job ended with code \(code) (\(words)), about step 10: starting it again"))
  }

  @Test func aStartThatFails() {
    var job = ScriptedJob(SupervisionLimits(attempts: 2))
    var done = job.at(0, [.began, .startFailed(message: "no host is left: a b", code: 69)])
    done += job.at(1, .startFailed(message: "no host is left: a b", code: 69))
    #expect(
      done == [
        "0 start", "0 say no host is left: a b", "0 clean up",
        "0 say the job could not be started: starting it again, failure 1 of 2 without progress", "0 start",
        "1 say no host is left: a b", "1 clean up",
        "1 say the job could not be started; giving up after 2 failures without progress", "1 finish 69",
      ])
  }

  @Test func aStartThatCannotSucceed() {
    var job = ScriptedJob()
    let done = job.at(0, [.began, .startFailed(message: "--hosts names no host", code: 64)])
    #expect(done == ["0 start", "0 say --hosts names no host", "0 clean up", "0 finish 64"])
  }

  @Test func aLostHost() {
    var (job, done) = ScriptedJob.training(ranks: 4, hosts: ["nodeA", "nodeB"])
    done += job.at(5, .hostLost(name: "nodeB", wrong: "does not answer"))
    done += job.at(6, .hostLost(name: "nodeB", wrong: "does not answer"))
    done += job.at(9, .exited(code: 137))
    #expect(
      done == [
        "0 start", "5 terminate", "8 kill", "9 clean up",
        "9 say host nodeB does not answer: the job was ended because of it (exit code 137)",
        "9 say \(failure(1).replacing("):", with: "), about step 90:"))", "9 start",
      ])
  }

  @Test func aLostHostOfWhichTheRestSaysThatItWasStopped() {
    var (job, done) = ScriptedJob.training(ranks: 4, hosts: ["nodeA", "nodeB"])
    done += job.at(5, [.hostLost(name: "nodeB", wrong: "does not answer"), .ended(.stopped, code: 130)])
    done += job.at(6, .exited(code: 130))
    #expect(done.last == "6 start")
  }

  @Test func aHostThatWasLostAndAnswersAgain() {
    var (job, done) = ScriptedJob.training(ranks: 4, hosts: ["nodeA", "nodeB"])
    done += job.at(5, .exited(code: 205))
    #expect(
      done[line: 2]
        == "5 say the connection to a host was lost, and all hosts answer now: the job was ended because of it"
        + " (exit code 205)")
  }

  /// Open MPI 5 ends with 0 when a host is lost.
  @Test func aLostHostWithCode0() {
    var (job, done) = ScriptedJob.training(ranks: 4, hosts: ["nodeA", "nodeB"])
    done += job.at(5, .exited(code: 0))
    #expect(done.last == "5 start")
    done = job.at(6, .hostsLeftOut(["nodeB"], all: 2))
    done += job.begins(at: 7, step: 30, hosts: ["nodeA"])
    done += job.at(8, [.ended(.done, code: 0), .exited(code: 0)])
    #expect(
      done == [
        "6 say left out: nodeB; 1 of 2 hosts remain",
        "7 say training again at step 30 on 2 ranks, 2.0 s after the job before", "8 clean up",
        "8 say 2 starts; 20 steps done twice (2.0 s); left out: nodeB", "8 finish 0",
      ])
  }
}

import Launch
import Testing
import Values

/// Signals to the supervisor.
@Suite struct StopTests {
  @Test func theFirstIsHandedOn() {
    var (job, done) = ScriptedJob.training()
    done += job.at(5, .stopAsked)
    done += job.at(7, [.ended(.stopped, code: 130), .exited(code: 130)])
    #expect(done == ["0 start", "5 stop", "7 clean up", "7 finish 130"])
  }

  @Test func thePatienceOfTheFirstHasNoEnd() {
    var (job, done) = ScriptedJob.training()
    done += job.at(5, .stopAsked)
    // Again, for ranks that were only starting.
    done += job.until(39)
    #expect(done == ["0 start", "5 stop", "15 stop", "25 stop", "35 stop"])
    #expect(job.until(500).allSatisfy { $0.hasSuffix(" stop") })
  }

  @Test func theSecondTerminatesAndTheThirdKills() {
    var (job, done) = ScriptedJob.training()
    done += job.at(5, .stopAsked)
    done += job.at(6, .stopAsked)
    done += job.at(7, .stopAsked)
    done += job.at(8, .stopAsked)
    done += job.at(9, .exited(code: 137))
    #expect(done == ["0 start", "5 stop", "6 terminate", "7 kill", "9 clean up", "9 finish 137"])
  }

  /// Ctrl-C on `supervise … | tee log` comes to both, in any order.
  @Test func aReaderThatLeavesIsNoSecondSignal() {
    for events in [[.stopAsked, .readerLeft, .readerLeft], [.readerLeft, .stopAsked, .readerLeft]]
      as [[SupervisionEvent]]
    {
      var (job, done) = ScriptedJob.training()
      done += job.at(5, events)
      done += job.at(7, [.ended(.stopped, code: 130), .exited(code: 1)])
      #expect(done == ["0 start", "5 stop", "7 clean up", "7 finish 130"])
    }
    var (job, done) = ScriptedJob.training()
    done += job.at(5, [.readerLeft, .stopAsked, .stopAsked])
    #expect(done == ["0 start", "5 stop", "5 terminate"])
  }

  @Test func aReaderThatLeavesBetweenStarts() {
    var (job, done) = ScriptedJob.training()
    done += job.at(5, [.exited(code: 137)])
    done += job.at(5, [.started(process: 101, ranks: 2, hosts: 1), .exited(code: 137), .readerLeft])
    #expect(done.last == "5 finish 130")
  }

  @Test func tenSecondsAfterTheSecondItIsKilled() {
    var (job, done) = ScriptedJob.training()
    done += job.at(5, .stopAsked)
    done += job.at(6, .stopAsked)
    done += job.until(15)
    #expect(done.last == "6 terminate")
    #expect(job.until(17) == ["16 kill"])
  }

  @Test func oneThatHangsMeanwhileIsEnded() {
    var (job, done) = ScriptedJob.training()
    done += job.at(5, .stopAsked)
    job.says = { _ in moving(ranks: 2, step: 50) }
    done += job.until(70)
    done += job.at(71, .exited(code: 143))
    #expect(done.contains("65 say nothing has moved for 60 s; ending the job:"))
    #expect(done.suffix(3) == ["65 terminate", "71 clean up", "71 finish 143"])
  }

  @Test func aFailureMeanwhileIsNotStartedAgain() {
    var (job, done) = ScriptedJob.training()
    done += job.at(5, .stopAsked)
    done += job.at(6, .exited(code: 139))
    #expect(done.suffix(2) == ["6 clean up", "6 finish 139"])
  }

  @Test func doneMeanwhileIsDone() {
    var (job, done) = ScriptedJob.training()
    done += job.at(5, .stopAsked)
    done += job.at(6, [.ended(.done, code: 0), .exited(code: 0)])
    #expect(done.suffix(2) == ["6 clean up", "6 finish 0"])
  }

  @Test func code0MeanwhileProvesNothing() {
    var (job, done) = ScriptedJob.training()
    done += job.at(5, .stopAsked)
    done += job.at(6, .exited(code: 0))
    #expect(
      done.suffix(2) == [
        "6 say the job ended with code 0, but rank 0 did not say that it has finished", "6 finish 1",
      ])
  }

  /// It ends mpirun itself, which then has a code of its own.
  @Test(arguments: [(138, 130), (0, 130), (143, 143)] as [(Int32, Int32)])
  func beforeRanksHaveBegun(exit: Int32, code: Int32) {
    var job = ScriptedJob()
    var done = job.at(0, [.began, .started(process: 100, ranks: 2, hosts: 1), .opened("a")])
    done += job.at(1, [.stopAsked, .exited(code: exit)])
    #expect(done == ["0 start", "1 stop", "1 clean up", "1 finish \(code)"])
  }

  @Test func unasked138IsAFailure() {
    var (job, done) = ScriptedJob.training()
    done += job.at(1, .exited(code: 138))
    #expect(done.last == "1 start")
  }

  @Test(arguments: [(1, "stop"), (2, "terminate"), (3, "kill")]) func beforeMpirunRuns(count: Int, signal: String) {
    var job = ScriptedJob()
    var done = job.at(0, .began)
    for _ in 0..<count { done += job.at(0, .stopAsked) }
    done += job.at(1, .started(process: 100, ranks: 2, hosts: 1))
    #expect(done == ["0 start", "1 \(signal)"])
  }

  @Test func beforeAnMpirunThatNeverRuns() {
    var job = ScriptedJob()
    var done = job.at(0, [.began, .stopAsked])
    done += job.at(1, .startFailed(message: "no host is left: a", code: 69))
    #expect(done == ["0 start", "1 say no host is left: a", "1 clean up", "1 finish 130"])
  }

  @Test func beforeAnything() {
    var job = ScriptedJob()
    #expect(job.at(0, .stopAsked) == ["0 finish 130"])
    #expect(job.at(0, .began) == [])
  }

  @Test func betweenAttempts() {
    var (job, done) = ScriptedJob.training()
    done += job.at(5, .exited(code: 137))
    done += job.begins(at: 5, step: 0)
    done += job.at(6, .exited(code: 137))
    #expect(done.last == "6 wait until 7")
    #expect(job.at(6.5, .stopAsked) == ["6.5 say 2 starts; 50 steps done twice (5.0 s)", "6.5 finish 130"])
  }
}

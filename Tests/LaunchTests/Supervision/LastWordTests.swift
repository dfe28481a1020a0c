import Launch
import Testing
import Values

/// Rank 0's last word, and ends without one.
@Suite struct LastWordTests {
  /// What is done about a job that ends in second 10, after its first attempt has begun at step 0.
  private func end(_ word: JobEnding?, word wordCode: Int32 = 1, exit: Int32) -> [String] {
    var (job, done) = ScriptedJob.training()
    if let word { done += job.at(10, .ended(word, code: wordCode)) }
    done += job.at(10, .exited(code: exit))
    return Array(done.dropFirst())
  }

  @Test(arguments: [0, 1, 137, 143, 205] as [Int32]) func doneIsDone(exit: Int32) {
    #expect(end(.done, word: 0, exit: exit) == ["10 clean up", "10 finish 0"])
  }

  @Test func code0AloneProvesNothing() {
    #expect(
      end(nil, exit: 0) == [
        "10 clean up",
        "10 say the job ended with code 0, but rank 0 did not say that it has finished, about step 100:"
          + " starting it again, failure 1 of 3 without progress", "10 start",
      ])
  }

  @Test func code0AgainAndAgainIsAFailure() {
    var (job, done) = ScriptedJob.training(SupervisionLimits(attempts: 2))
    done += job.at(10, .exited(code: 0))
    done += job.begins(at: 11, step: 0)
    #expect(
      job.at(12, .exited(code: 0)).suffix(3) == [
        "12 say the job ended with code 0, but rank 0 did not say that it has finished; giving up after 2 failures"
          + " without progress", "12 say 2 starts; 100 steps done twice (10.0 s)", "12 finish 1",
      ])
  }

  @Test func stoppedByWhomever() {
    #expect(end(.stopped, word: 130, exit: 130) == ["10 clean up", "10 finish 130"])
    // A rank that was asked is the first to end: mpirun's code is its own. Others are stopped because something was lost.
    for (exit, why) in [
      (Int32(205), "code 205 (the connection to a host was lost)"),
      (137, "code 137 (a rank, or mpirun itself, was killed)"),
      (0, "code 0, but rank 0 did not say that it has finished"),
    ] {
      #expect(
        end(.stopped, word: 130, exit: exit) == [
          "10 clean up",
          "10 say the job ended with \(why), about step 100: starting it again, failure 1 of 3 without progress",
          "10 start",
        ])
    }
    #expect(end(nil, exit: 130) == ["10 clean up", "10 finish 130"])
  }

  @Test func mpirunThatStaysAfterTheLastWordIsEnded() {
    var (job, done) = ScriptedJob.training()
    done += job.at(10, [.ended(.done, code: 0), .closed("a")])
    job.says = { _ in [] }
    done += job.until(30)
    done += job.at(31, .exited(code: 137))
    #expect(done == ["0 start", "20 terminate", "23 kill", "31 clean up", "31 finish 0"])
  }

  /// A pager. What ranks have printed is mpirun's to hand on.
  @Test func aReaderThatDoesNotReadIsWaitedFor() {
    var (job, done) = ScriptedJob.training()
    done += job.at(10, [.ended(.done, code: 0), .closed("a")])
    job.says = { _ in [] }
    for time in stride(from: 10.5, to: 500, by: 1) { done += job.at(time, .readerWaits) }
    #expect(done == ["0 start"])
    // Then there is nothing left that it could wait for.
    done += job.until(510)
    #expect(done == ["0 start", "510 terminate"])
  }

  @Test func aReaderIsNotWaitedForByWhoAsksTwice() {
    var (job, done) = ScriptedJob.training()
    done += job.at(10, [.stopAsked, .ended(.stopped, code: 130)])
    for time in stride(from: 10.5, to: 50, by: 1) { done += job.at(time, .readerWaits) }
    done += job.at(50, .stopAsked)
    for time in stride(from: 50.5, to: 70, by: 1) { done += job.at(time, .readerWaits) }
    #expect(done.filter { !$0.hasSuffix(" stop") } == ["0 start", "50 terminate", "60 kill"])
  }

  @Test func mpirunThatCannotBeKilledAfterIt() {
    var (job, done) = ScriptedJob.training()
    done += job.at(10, .ended(.done, code: 0))
    done += job.until(100)
    #expect(done.suffix(2) == ["33 clean up", "33 finish 0"])
    // All is over.
    #expect(job.at(101, [.exited(code: 1), .stopAsked, .tick]) == [])
  }

  @Test func mpirunThatCannotBeKilledAfterAStop() {
    var (job, done) = ScriptedJob.training()
    done += job.at(10, .ended(.stopped, code: 130))
    done += job.until(100)
    #expect(done.last == "33 finish 130")
  }

  /// A host has no ranks any more, because they have ended.
  @Test func aHostThatIsLostAtTheEnd() {
    var (job, done) = ScriptedJob.training()
    done += job.at(10, .ended(.stopped, code: 130))
    done += job.at(11, .hostLost(name: "a", wrong: "has no ranks any more"))
    done += job.at(12, .exited(code: 130))
    #expect(done == ["0 start", "12 clean up", "12 finish 130"])
  }

  @Test func noStallIsSeenAfterIt() {
    var (job, done) = ScriptedJob.training(SupervisionLimits(stall: 5))
    done += job.at(10, .ended(.stopped, code: 130))
    job.says = { _ in moving(ranks: 2, step: 1) }
    done += job.until(18)
    #expect(done == ["0 start"])
  }

  @Test(
    arguments: [
      (
        .diverged,
        "the loss is no longer a number, and another start would come to the same; try a lower --learning-rate"
      ),
      (.refused, "an option, or what it names, is wrong; change it as the job says above"),
      (.noPermission, "a file or folder may not be read or written; see above which, and whose it is"),
      (
        .otherRun,
        "the folder of checkpoints belongs to another run; name another --checkpoint-dir, or that run's options"
      ),
    ] as [(JobEnding, String)])
  func anotherStartDoesNotHelp(word: JobEnding, reason: String) {
    #expect(end(word, word: 3, exit: 3) == ["10 clean up", "10 say not started again: \(reason)", "10 finish 3"])
    // The job's own code, whatever mpirun makes of it.
    #expect(end(word, word: 3, exit: 143).last == "10 finish 3")
    #expect(end(word, word: 0, exit: 7).last == "10 finish 7")
    #expect(end(word, word: 0, exit: 0).last == "10 finish 1")
  }

  @Test func itDoesNotHelpInALaterAttemptEither() {
    var (job, done) = ScriptedJob.training()
    done += job.at(10, .exited(code: 137))
    done += job.begins(at: 11, step: 50)
    done += job.at(12, [.ended(.diverged, code: 1), .exited(code: 1)])
    #expect(done.suffix(2) == ["12 say 2 starts; 50 steps done twice (5.0 s)", "12 finish 1"])
  }

  @Test func anyOtherFailureIsTriedAgain() {
    #expect(
      end(.failed, exit: 1).dropFirst() == [
        "10 say the job ended with code 1 (see above), about step 100: starting it again,"
          + " failure 1 of 3 without progress",
        "10 start",
      ])
  }

  @Test func aFailureIsNotExplainedByCode0() {
    #expect(
      end(.failed, word: 0, exit: 0)[line: 1]
        == "10 say the job failed, by rank 0's own word, about step 100: starting it again,"
        + " failure 1 of 3 without progress")
  }

  @Test func doneAfterAHangIsDone() {
    var (job, done) = ScriptedJob.training(SupervisionLimits(stall: 5))
    job.says = { _ in moving(ranks: 2, step: 1) }
    done += job.until(6)
    #expect(done.last == "6 terminate")
    #expect(job.at(7, [.ended(.done, code: 0), .exited(code: 143)]) == ["7 clean up", "7 finish 0"])
  }
}

import Launch
import Testing
import Values

/// Jobs that come no further.
@Suite struct HangTests {
  /// Ranks that print wait for it, as for a disk.
  @Test func aReaderThatDoesNotReadIsNoHang() {
    var (job, done) = ScriptedJob.training(SupervisionLimits(stall: 5))
    job.says = { _ in moving(ranks: 2, step: 1) }
    for time in stride(from: 1.5, to: 100, by: 1) { done += job.at(time, .readerWaits) }
    #expect(done == ["0 start"])
    done += job.until(104)
    #expect(done == ["0 start"])
    done += job.until(105)
    #expect(done[line: 1] == "105 say nothing has moved for 5 s; ending the job:")
  }

  private let limits = SupervisionLimits(stall: 20)

  /// Ranks that say the same from second 5 on.
  private func hung(
    ranks: Int = 2, hosts: [String] = ["a"], _ signs: @escaping @Sendable (Double) -> [LifeSign]
  ) -> ScriptedJob {
    var (job, done) = ScriptedJob.training(ranks: ranks, hosts: hosts, limits)
    done += job.until(5)
    #expect(done == ["0 start"])
    job.says = signs
    return job
  }

  @Test func oneRankComputesForEver() {
    var job = hung { _ in [sign(0, step: 50, .exchanging), sign(1, step: 50)] }
    #expect(
      job.until(30) == [
        // The stage of rank 0 changed in second 6.
        "26 say nothing has moved for 20 s; ending the job:",
        "26 say   rank 1 (process 1001 on a) does not come to an end of computing at step 50", "26 terminate",
      ])
    #expect(
      job.at(31, .exited(code: 143)) == [
        "31 clean up", "31 say the job hung, about step 50: starting it again, failure 1 of 3 without progress",
        "31 start",
      ])
  }

  @Test func oneThatMovesIsEnough() {
    var job = hung { now in [sign(0, step: 50, .exchanging), sign(1, step: Int(now))] }
    #expect(job.until(200) == [])
  }

  @Test(arguments: [RunStage.reading, .writing]) func aDiskIsWaitedFor(stage: RunStage) {
    var job = hung { _ in [sign(0, step: 50, stage), sign(1, step: 50, .exchanging)] }
    #expect(job.until(300) == [])
    // When it has answered, time counts again.
    job.says = { _ in [sign(0, step: 50, .storing), sign(1, step: 50, .exchanging)] }
    #expect(job.until(330).first == "321 say nothing has moved for 20 s; ending the job:")
  }

  @Test func aStoppedRankIsNotWaitedForInWriting() {
    var job = hung { now in [sign(0, step: 50, .exchanging), sign(1, step: 50, .writing, silentFor: Int(now) - 6)] }
    // Its own beats are missing from second 6 on; from second 12 on it counts as silent.
    #expect(
      job.until(40).prefix(2) == [
        "31 say nothing has moved for 20 s; ending the job:",
        "31 say   rank 1 (process 1001 on a) gives no sign of life since step 50",
      ])
  }

  @Test func allWaitForEachOther() {
    var job = hung { _ in [sign(0, step: 50, .exchanging), sign(1, step: 50, .exchanging)] }
    #expect(job.until(26)[line: 1] == "26 say   all 2 ranks wait for each other, at step 50")
  }

  @Test func oneWasNeverHeardOf() {
    var (job, done) = ScriptedJob.training(limits)
    job.says = { _ in [sign(0, step: 0, .exchanging)] }
    done += job.until(30)
    #expect(done[line: 2] == "21 say   rank 1 was never heard of")
  }

  @Test func noneWasEverHeardOf() {
    var (job, done) = ScriptedJob.training(limits)
    job.says = { _ in [] }
    done += job.until(30)
    #expect(
      done == [
        "0 start", "20 say nothing has moved for 20 s; ending the job:", "20 say   no rank has ever been heard of",
        "20 terminate", "30 kill",
      ])
  }

  @Test func aStoppedRankIsNamedByItsNeighbour() {
    var job = hung { now in [sign(0, step: 50, .exchanging), sign(1, step: 50, silentFor: Int(now) - 5)] }
    #expect(job.until(26)[line: 1] == "26 say   rank 1 (process 1001 on a) gives no sign of life since step 50")
  }

  @Test func oneThatIsWellIsNotCalledSilent() {
    var job = hung { _ in [sign(0, step: 50, .exchanging), sign(1, step: 50, silentFor: 5)] }
    #expect(
      job.until(26)[line: 1].hasSuffix("rank 1 (process 1001 on a) does not come to an end of computing at step 50"))
  }

  /// The ranks of b cannot be heard without rank 2; those of a wait.
  @Test func aStoppedSpeakerIsNamedAloneOfItsHost() {
    var job = hung(ranks: 4, hosts: ["a", "b"]) { _ in [sign(0, step: 50, .exchanging), sign(1, step: 50, .exchanging)]
    }
    #expect(
      job.until(26) == [
        "26 say nothing has moved for 20 s; ending the job:",
        "26 say   rank 2 (process 1002 on b) gives no sign of life since step 50;"
          + " without it, 1 other rank there cannot be heard", "26 terminate",
      ])
  }

  @Test func aStoppedSpeakerOfTheOnlyHost() {
    var job = hung(ranks: 4) { _ in [] }
    #expect(
      job.until(25) == [
        "25 say nothing has moved for 20 s; ending the job:",
        "25 say   rank 0 (process 1000 on a) gives no sign of life since step 50;"
          + " without it, 3 other ranks there cannot be heard", "25 terminate",
      ])
  }

  /// Of a host of which others are heard, each silent rank is named.
  @Test func silentRanksBesideOthers() {
    var job = hung(ranks: 3) { _ in [sign(0, step: 50, .exchanging)] }
    #expect(
      job.until(26).dropFirst().prefix(2) == [
        "26 say   rank 1 (process 1001 on a) gives no sign of life since step 50",
        "26 say   rank 2 (process 1002 on a) gives no sign of life since step 50",
      ])
  }

  @Test func atMostSixteenAreNamed() {
    var job = hung(ranks: 40) { _ in (0..<40).map { sign($0, step: 50) } }
    let done = job.until(25)
    #expect(done.count == 18)
    #expect(done[line: 16].contains("rank 15 "))
  }

  @Test func itMayTakeAsLongAsItLikes() {
    var (job, done) = ScriptedJob.training(SupervisionLimits(stall: .infinity))
    job.says = { _ in moving(ranks: 2, step: 0) }
    done += job.until(5000)
    #expect(done == ["0 start"])
  }

  @Test func aSupervisorThatWasStoppedForgives() {
    var job = hung { _ in [sign(0, step: 50), sign(1, step: 50)] }
    #expect(job.until(20) == [])
    // Stopped itself for 100 s.
    #expect(job.afterGap(at: 120, .tick) == [])
    #expect(job.until(139) == [])
    #expect(job.until(140).first == "140 say nothing has moved for 20 s; ending the job:")
  }

  @Test func aShortGapIsNotForgiven() {
    var job = hung { _ in [sign(0, step: 50), sign(1, step: 50)] }
    #expect(job.until(22) == [])
    #expect(job.afterGap(at: 26, .tick).first == "26 say nothing has moved for 21 s; ending the job:")
  }

  @Test func itIsKilledIfItDoesNotEnd() {
    var job = hung { _ in [sign(0, step: 50), sign(1, step: 50)] }
    #expect(job.until(34).last == "25 terminate")
    #expect(job.until(36) == ["35 kill"])
    #expect(job.at(37, .exited(code: 137)).last == "37 start")
  }

  @Test func whatCannotBeKilledIsLeft() {
    var job = hung { _ in [sign(0, step: 50), sign(1, step: 50)] }
    #expect(job.until(44).last == "35 kill")
    #expect(
      job.until(60) == [
        "45 say mpirun (process 100) was killed 10 s ago and is still there; it is left alone", "45 clean up",
        "45 finish 137",
      ])
  }

  /// Its ranks heed the signal that ends it, and say so.
  @Test func oneThatHungIsNotTakenForStopped() {
    var job = hung { _ in [sign(0, step: 50), sign(1, step: 50)] }
    #expect(job.until(25).last == "25 terminate")
    #expect(
      job.at(26, [.ended(.stopped, code: 130), .exited(code: 130)]) == [
        "26 clean up", "26 say the job hung, about step 50: starting it again, failure 1 of 3 without progress",
        "26 start",
      ])
  }
}

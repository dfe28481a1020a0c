import Launch
import Testing
import Values

/// Jobs that are started once.
@Suite struct OnceTests {
  private let once = SupervisionLimits(attempts: 0, address: "the socket")

  private func end(_ events: SupervisionEvent...) -> [String] {
    var (job, done) = ScriptedJob.training(once)
    done += job.at(5, events)
    return Array(done.dropFirst())
  }

  @Test(arguments: [1, 64, 137, 205] as [Int32]) func itsCodeIsHandedOn(code: Int32) {
    #expect(end(.exited(code: code)) == ["5 clean up", "5 finish \(code)"])
  }

  @Test func done() {
    #expect(end(.ended(.done, code: 0), .exited(code: 143)) == ["5 clean up", "5 finish 0"])
  }

  @Test(arguments: [JobEnding.diverged, .diskFull, .refused]) func noWordAboutStartingAgain(word: JobEnding) {
    #expect(end(.ended(word, code: 2), .exited(code: 2)) == ["5 clean up", "5 finish 2"])
  }

  @Test func code0WithoutAWord() {
    #expect(
      end(.exited(code: 0)) == [
        "5 clean up", "5 say the job ended with code 0, but rank 0 did not say that it has finished", "5 finish 1",
      ])
  }

  /// A program that says nothing of itself is taken by its exit code.
  @Test func code0Unheard() {
    var job = ScriptedJob(once)
    let done = job.at(0, [.began, .started(process: 100, ranks: 2, hosts: 1), .exited(code: 0)])
    #expect(done == ["0 start", "0 clean up", "0 finish 0"])
  }

  @Test func aLostHost() {
    #expect(
      end(.hostLost(name: "nodeB", wrong: "has no ranks any more"), .exited(code: 143)) == [
        "5 terminate", "5 clean up",
        "5 say host nodeB has no ranks any more: the job was ended because of it (exit code 143)", "5 finish 143",
      ])
  }

  /// Open MPI 5 ends with 0 then, and so do the ranks that are left, in order.
  @Test func aLostHostOnAnyOpenMPI() {
    let lost = SupervisionEvent.hostLost(name: "nodeB", wrong: "has lost its power")
    let said = "5 say host nodeB has lost its power: the job was ended because of it (exit code 205)"
    for events in [
      [lost, .exited(code: 0)], [.ended(.stopped, code: 130), lost, .exited(code: 0)],
    ] as [[SupervisionEvent]] {
      var (job, done) = ScriptedJob.training(once)
      done += job.at(5, events)
      #expect(done.suffix(2).contains("5 finish 205"))
      #expect(done.contains(said))
    }
  }

  @Test(arguments: [(0, 130), (1, 130), (143, 130), (137, 137), (205, 205)] as [(Int32, Int32)])
  func ranksThatWereStopped(exit: Int32, code: Int32) {
    #expect(end(.ended(.stopped, code: 130), .exited(code: exit)).last == "5 finish \(code)")
  }

  @Test func aStartThatFails() {
    var job = ScriptedJob(once)
    let done = job.at(0, [.began, .startFailed(message: "no", code: 0)])
    #expect(done == ["0 start", "0 say no", "0 clean up", "0 finish 1"])
  }

  @Test func ranksThatAreGone() {
    var (job, done) = ScriptedJob.training(once)
    job.says = { _ in [] }
    done += job.at(5, .closed("a"))
    done += job.until(16)
    done += job.at(16, .exited(code: 0))
    #expect(
      done.suffix(4) == [
        "15 terminate", "16 clean up",
        "16 say the job ended with code 0, but rank 0 did not say that it has finished", "16 finish 1",
      ])
  }
}

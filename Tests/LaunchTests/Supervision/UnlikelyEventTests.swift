import Launch
import Testing
import Values

/// Events that nobody should send. None may end the supervisor.
@Suite struct UnlikelyEventTests {
  @Test func numbersOutOfAnyRange() {
    var (job, done) = ScriptedJob.training()
    for number in [Int.min, -1, Int.max] {
      done += job.at(1, .signs([sign(number, step: number), sign(0, step: number, silentFor: number)]))
      done += job.at(1, [.begun(ranks: number, step: number), .ended(.failed, code: Int32(clamping: number))])
      done += job.at(1, .hostsLeftOut(["b"], all: number))
    }
    done += job.at(2, .exited(code: .max))
    for time in stride(from: 3.0, to: 5, by: 1) {
      done += job.at(time, .started(process: -1, ranks: .min, hosts: .min))
      done += job.at(time, [.begun(ranks: 1, step: 0), .signs([sign(0, step: .max)]), .exited(code: .min)])
    }
    #expect(done.last == "4 finish \(Int32.min)")
  }

  @Test func aJobOfAllTheRanksInTheWorldThatHangs() {
    var job = ScriptedJob()
    var done = job.at(0, [.began, .started(process: 1, ranks: .max, hosts: 1), .opened("a")])
    job.says = { _ in [sign(0, step: 0)] }
    done += job.until(61)
    #expect(done.count == 1 + 1 + 16 + 1)
  }

  @Test func aJobOfNoRanksThatHangs() {
    var job = ScriptedJob()
    var done = job.at(0, [.began, .started(process: 1, ranks: -5, hosts: 1), .opened("a")])
    job.says = { _ in [sign(0, step: 0)] }
    done += job.until(70)
    #expect(done.contains("61 say   all -5 ranks wait for each other, at step 0"))
  }

  @Test func limitsThatAreNoNumbers() {
    let limits = SupervisionLimits(attempts: .min, stall: .nan, diskPatience: .nan)
    var (job, done) = ScriptedJob.training(limits)
    done += job.at(100, [.ended(.diskFull, code: 0), .exited(code: 0)])
    #expect(done == ["0 start", "100 clean up", "100 finish 1"])
  }

  @Test func timeThatIsNoNumber() {
    var supervision = Supervision(limits: SupervisionLimits())
    var actions: [SupervisionAction] = []
    for time in [0, .nan, .infinity, -.infinity, 1e300] {
      actions += supervision.handle(.began, at: time)
      actions += supervision.handle(.started(process: 1, ranks: 1, hosts: 1), at: time)
      actions += supervision.handle(.opened("a"), at: time)
      actions += supervision.handle(.begun(ranks: 1, step: 1), at: time)
      actions += supervision.handle(.signs([sign(0, step: 5)]), at: time)
      actions += supervision.handle(.exited(code: 137), at: time)
    }
    #expect(actions.count { $0 == .start } >= 2)
  }

  @Test func eventsOutOfPlace() {
    var job = ScriptedJob()
    let events: [SupervisionEvent] = [
      .tick, .exited(code: 0), .started(process: 1, ranks: 1, hosts: 1), .begun(ranks: 1, step: 1),
      .ended(.done, code: 0), .opened("a"), .closed("b"), .hostsLeftOut([], all: 0),
      .hostLost(name: "a", wrong: "is gone"), .readerWaits,
    ]
    #expect(job.at(0, events) == [])
    #expect(job.at(1, [.began, .tick, .exited(code: 0), .ended(.done, code: 0), .began]) == ["1 start"])
    var (running, done) = ScriptedJob.training()
    done += running.at(1, [.began, .started(process: 2, ranks: 9, hosts: 9), .startFailed(message: "no", code: 1)])
    done += running.at(1, .closed("never seen"))
    #expect(done == ["0 start"])
  }

  @Test func namesThatWouldMoveTheCursor() {
    var (job, done) = ScriptedJob.training(ranks: 1)
    done += job.at(1, .hostLost(name: "a\u{1b}[2J", wrong: "is\ngone"))
    done += job.at(2, .exited(code: 1))
    #expect(done[line: 3] == #"2 say host a\u001b[2J is\ngone: the job was ended because of it (exit code 1)"#)
  }
}

import Launch
import Testing
import Values

/// Connections that never come, close, and come back.
@Suite struct ChannelTests {
  private let deaf =
    "30 say the ranks cannot be heard: no connection to 10.0.0.1:7000 for 30 s; the job runs on, and is judged by its"
    + " exit code"

  private func unheard(_ limits: SupervisionLimits = SupervisionLimits(address: "10.0.0.1:7000")) -> ScriptedJob {
    var job = ScriptedJob(limits)
    #expect(job.at(0, [.began, .started(process: 100, ranks: 2, hosts: 1)]) == ["0 start"])
    return job
  }

  @Test func aJobThatIsNotHeardRunsOn() {
    var job = unheard()
    #expect(job.until(29) == [])
    #expect(job.until(4000) == [deaf])
    #expect(
      job.at(4001, .exited(code: 137)) == [
        "4001 clean up",
        "4001 say the job ended with code 137 (a rank, or mpirun itself, was killed): starting it again,"
          + " failure 1 of 3 without progress", "4001 start",
      ])
  }

  @Test func code1OfOneThatMayHaveTrained() {
    var job = unheard()
    #expect(job.at(31, .exited(code: 1)).last == "31 start")
  }

  @Test func code0OfOneThatIsNotHeardIsTriedTwice() {
    var job = unheard()
    #expect(
      job.at(5, .exited(code: 0)) == [
        "5 clean up",
        "5 say the job ended with code 0, but rank 0 did not say that it has finished:"
          + " starting it again, to see whether it has", "5 start",
      ])
    #expect(
      job.at(6, [.started(process: 100, ranks: 2, hosts: 1), .exited(code: 0)]) == [
        "6 clean up", "6 say the job ended with code 0 twice, and its ranks cannot be heard: taken for finished",
        "6 say 2 starts; no step done twice", "6 finish 0",
      ])
  }

  /// Open MPI 5 ends with 0 when a host is lost.
  @Test func code0TwiceOfLostHosts() {
    var job = unheard()
    #expect(job.at(5, .exited(code: 0)).last == "5 start")
    var done = job.at(5, [.started(process: 100, ranks: 2, hosts: 2), .hostLost(name: "b", wrong: "does not answer")])
    done += job.at(6, .exited(code: 0))
    #expect(done.last == "6 start")
    #expect(done.contains { $0.hasSuffix("failure 1 of 3 without progress") })
  }

  /// Even where the first failure would be the last.
  @Test func code0IsTriedTwiceWithOneAttempt() {
    var job = unheard(SupervisionLimits(attempts: 1))
    #expect(job.at(5, .exited(code: 0)).last == "5 start")
  }

  @Test func code0TwiceMeansInARow() {
    var job = unheard()
    #expect(job.at(5, .exited(code: 0)).last == "5 start")
    #expect(job.at(5, [.started(process: 100, ranks: 2, hosts: 1), .exited(code: 137)]).last == "5 start")
    #expect(job.at(7, [.started(process: 100, ranks: 2, hosts: 1), .exited(code: 0)]).last == "7 start")
  }

  @Test func aLateConnectionIsWatched() {
    var job = unheard()
    #expect(job.until(100) == [deaf])
    #expect(job.at(100, .opened("a")) == [])
    #expect(job.until(159) == [])
    #expect(job.until(160).first == "160 say nothing has moved for 60 s; ending the job:")
  }

  @Test func ranksOfOneHostAreGone() {
    var (job, done) = ScriptedJob.training()
    done += job.at(20, .closed("a"))
    job.says = { _ in [] }
    done += job.until(29)
    #expect(done == ["0 start"])
    #expect(
      job.until(31) == [
        "30 say no rank has said anything for 10 s; ending the job, of which mpirun (process 100) is left at most",
        "30 terminate",
      ])
  }

  @Test func aConnectionOfOneHostThatComesBack() {
    var (job, done) = ScriptedJob.training()
    let says = job.says
    done += job.at(20, .closed("a"))
    job.says = { _ in [] }
    done += job.at(29, .opened("a"))
    job.says = says
    done += job.until(200)
    #expect(done == ["0 start"])
  }

  /// Over several hosts, to the very last second in which it may come back.
  @Test func aNetworkThatIsDownForAWhile() {
    var (job, done) = ScriptedJob.training(ranks: 4, hosts: ["a", "b"], SupervisionLimits(stall: 20))
    let says = job.says
    done += job.at(20, [.closed("a"), .closed("b")])
    job.says = { _ in [] }
    done += job.at(59, [.opened("a"), .opened("b")])
    job.says = says
    done += job.until(200)
    #expect(done == ["0 start"])
  }

  @Test func ranksOfAllHostsAreGone() {
    var (job, done) = ScriptedJob.training(ranks: 4, hosts: ["a", "b"])
    done += job.at(20, [.closed("a"), .closed("b")])
    job.says = { _ in [] }
    done += job.until(59)
    #expect(done == ["0 start"])
    #expect(
      job.until(60) == [
        "60 say no rank has said anything for 40 s; ending the job, of which mpirun (process 100) is left at most",
        "60 terminate",
      ])
  }

  /// Hosts without power say nothing, not even that their connections are closed.
  @Test func allHostsFallSilent() {
    var (job, done) = ScriptedJob.training(ranks: 4, hosts: ["a", "b"])
    done += job.until(20)
    job.says = { _ in [] }
    done += job.until(60)
    #expect(done[line: 1].hasPrefix("60 say no rank has said anything for 40 s;"))
  }

  @Test func oneConnectionIsLost() {
    var (job, done) = ScriptedJob.training(ranks: 4, hosts: ["a", "b"])
    done += job.at(20, .closed("b"))
    job.says = { now in [sign(0, step: Int(now)), sign(1, step: Int(now))] }
    done += job.until(49)
    #expect(done == ["0 start"])
    #expect(
      job.until(300) == ["50 say the connection of the ranks on b has been lost for 30 s: they end themselves"])
  }

  /// As of nodes that are made on one machine.
  @Test func hostsOfTheSameName() {
    var (job, done) = ScriptedJob.training(ranks: 4, hosts: [])
    for leader in [0, 2] { done += job.at(0, .channelOpened(host: "a", leader: leader)) }
    job.says = { now in moving(ranks: 4, step: Int(now)) }
    done += job.at(20, .channelClosed(host: "a", leader: 2))
    done += job.until(49)
    #expect(done == ["0 start"])
    done += job.at(50, .channelOpened(host: "a", leader: 2))
    #expect(done.count == 2)
  }

  @Test func oneConnectionComesBack() {
    var (job, done) = ScriptedJob.training(ranks: 4, hosts: ["a", "b"])
    done += job.at(20, .closed("b"))
    done += job.at(49, .opened("b"))
    done += job.until(300)
    #expect(done == ["0 start"])
  }

  @Test func eachLossIsSaidOnce() {
    var (job, done) = ScriptedJob.training(ranks: 4, hosts: ["a", "b"])
    for time in [20.0, 100] {
      done += job.at(time, .closed("b"))
      done += job.at(time + 40, .opened("b"))
    }
    done += job.until(300)
    #expect(done.count { $0.contains("the connection of the ranks on b has been lost for 30 s") } == 2)
  }

  @Test func connectionsThatComeAndGoDoNotHideAHang() {
    var (job, done) = ScriptedJob.training()
    job.says = { _ in moving(ranks: 2, step: 0) }
    for time in stride(from: 4.0, to: 60, by: 4) {
      done += job.at(time, [.closed("a"), .opened("a")])
    }
    done += job.until(70)
    #expect(done[line: 1] == "61 say nothing has moved for 60 s; ending the job:")
  }

  @Test func aSupervisorThatWasStoppedWaitsForConnectionsAnew() {
    var job = unheard()
    #expect(job.until(20) == [])
    #expect(job.afterGap(at: 120, .tick) == [])
    #expect(job.until(129) == [])
    #expect(job.until(130).count == 1)
  }
}

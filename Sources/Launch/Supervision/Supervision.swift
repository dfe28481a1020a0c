import Values

/// What is to be done with a job so that it goes on until it is finished, whatever is killed, lost or hung meanwhile.
///
/// Rules alone: no process, no connection, no clock. Whoever has those tells it what happens, and does what it says.
public struct Supervision: Sendable {
  private enum State {
    case new
    /// `start` was said, and not yet answered.
    case starting
    case running(Attempt)
    case waiting(until: Double)
    case finished
  }

  private let limits: SupervisionLimits
  private var state = State.new
  private var actions: [SupervisionAction] = []
  private var lastEvent: Double?
  /// How many signals asked for an end.
  private var asked = 0
  /// Whether whoever reads the output is gone, and the ranks were told to stop.
  private var readerHasLeft = false
  private var wasAsked: Bool { asked > 0 || readerHasLeft }
  private var failures = Failures()
  private var summary = SupervisionSummary()
  /// Attempts that have ended, those without an mpirun too.
  private var attempts = 0
  /// When the last attempt ended that had an mpirun.
  private var failedAt: Double?
  /// Whether the last attempt ended with code 0 and could not be heard.
  private var endedWell = false

  public init(limits: SupervisionLimits) { self.limits = limits }

  public var isFinished: Bool { if case .finished = state { true } else { false } }

  /// - Parameter now: in seconds, of a clock that never goes back; since when does not matter.
  /// - Returns: what is to be done, in order.
  public mutating func handle(_ event: SupervisionEvent, at now: Double) -> [SupervisionAction] {
    let gap = lastEvent.map { now - $0 } ?? 0
    lastEvent = now
    switch state {
    case .finished: break
    case .new: handleNew(event)
    case .starting: handleStarting(event, at: now)
    case .waiting(let until): handleWaiting(event, until: until, at: now)
    case .running(var attempt):
      // What it holds is not to be copied: there may be thousands of ranks.
      state = .starting
      if gap >= Waits.ownGap { attempt.forgive(gap, at: now) }
      if case .exited(let code) = event {
        end(attempt, exit: code, at: now)
      } else {
        take(event, to: &attempt, at: now)
        watch(&attempt, at: now)
        if !isFinished { state = .running(attempt) }
      }
    }
    defer { actions = [] }
    return actions
  }

  // MARK: Between attempts

  private mutating func handleNew(_ event: SupervisionEvent) {
    switch event {
    case .began: start()
    case .stopAsked, .readerLeft: finish(ExitCodes.stopped)
    default: break
    }
  }

  private mutating func handleStarting(_ event: SupervisionEvent, at now: Double) {
    switch event {
    case .started(let process, let ranks, let hosts):
      summary.starts += 1
      var attempt = Attempt(process: process, ranks: ranks, hosts: hosts, at: now)
      if wasAsked { actions += attempt.escalation.send(signalAsked, at: now) }
      state = .running(attempt)
    case .startFailed(let message, let code):
      say(message)
      actions.append(.cleanUp)
      attempts += 1
      endedWell = false
      if wasAsked {
        finish(ExitCodes.stopped)
      } else if !limits.startsAgain || code == ExitCodes.usage || code == ExitCodes.configuration {
        finish(code == 0 ? 1 : code)
      } else {
        startAgain(after: .init(what: "the job could not be started", code: code == 0 ? 1 : code), at: now)
      }
    case .hostsLeftOut(let names, let all): leaveOut(names, of: all)
    case .stopAsked: asked += 1
    case .readerLeft: readerHasLeft = true
    default: break
    }
  }

  private mutating func handleWaiting(_ event: SupervisionEvent, until: Double, at now: Double) {
    if event == .stopAsked || event == .readerLeft {
      finish(ExitCodes.stopped)
    } else if now >= until {
      start()
    }
  }

  private mutating func leaveOut(_ names: [String], of all: Int) {
    guard !names.isEmpty else { return }
    summary.leftOut.formUnion(names)
    let remaining = all > names.count ? all - names.count : 0
    say("left out: \(names.joined(separator: " ")); \(remaining) of \(plural(all, "host")) remain")
  }

  private mutating func start() {
    state = .starting
    actions.append(.start)
  }

  private mutating func finish(_ code: Int32) {
    if let line = summary.line { say(line) }
    actions.append(.finish(code: code))
    state = .finished
  }

  private mutating func say(_ line: String) { actions.append(.say(escaped(line))) }

  // MARK: While an attempt runs

  private mutating func take(_ event: SupervisionEvent, to attempt: inout Attempt, at now: Double) {
    switch event {
    case .channelOpened(let host, let leader): attempt.open(.init(host: host, leader: leader), at: now)
    case .channelClosed(let host, let leader): attempt.channels.closed(.init(host: host, leader: leader), at: now)
    case .signs(let signs): attempt.hear(signs, at: now)
    case .begun(let ranks, let step): begin(&attempt, ranks: ranks, step: step, at: now)
    case .ended(let ending, let code): attempt.say(ending, code: code, at: now)
    case .stopAsked:
      asked += 1
      actions += attempt.escalation.send(signalAsked, at: now)
    case .readerLeft:
      readerHasLeft = true
      actions += attempt.escalation.send(.stop, at: now)
    case .readerWaits:
      // mpirun has what ranks have printed, and ends when all of it is read. It takes no more meanwhile, and ranks wait.
      attempt.escalation.expectEndLater(at: now)
      attempt.moved = now
    case .hostLost(let name, let wrong):
      attempt.lose(name, wrong)
      // At the end of a job its hosts have no ranks any more.
      guard attempt.word == nil else { break }
      attempt.wasEnded = true
      // What Open MPI itself may not notice: a host that is lost while ranks are started waits without end.
      actions += attempt.escalation.send(.terminate, at: now, patience: Waits.terminatingRest)
    case .hostsLeftOut(let names, let all): leaveOut(names, of: all)
    case .began, .tick, .started, .startFailed, .exited: break
    }
  }

  private var signalAsked: JobSignal { asked <= 1 ? .stop : asked == 2 ? .terminate : .kill }

  private mutating func begin(_ attempt: inout Attempt, ranks: Int, step: Int, at now: Double) {
    guard attempt.begun == nil, ranks > 0, step >= 0 else { return }
    attempt.begin(ranks: ranks, step: step, at: now)
    summary.lost.beginsAgain(at: step)
    guard let failedAt else { return }
    say(
      "training again at step \(step) on \(plural(ranks, "rank")), \(fixed(now - failedAt, 1)) s after the job before")
    guard let last = failures.lastBegun, step < last else { return }
    say(
      "warning: that is before step \(last), where an earlier one began:"
        + " do all hosts see the same folder of checkpoints?")
  }

  private mutating func watch(_ attempt: inout Attempt, at now: Double) {
    actions += attempt.escalation.due(at: now)
    if attempt.escalation.isInVain(at: now) {
      say(
        "mpirun (process \(attempt.process)) was killed \(Int(Waits.killing)) s ago and is still there;"
          + " it is left alone")
      actions.append(.cleanUp)
      // Another attempt would not be alone.
      finish(Verdict.code(leaving: attempt, wasAsked: wasAsked))
      return
    }
    // Whatever happens then is part of the end.
    guard attempt.word == nil, attempt.escalation.sent ?? .stop < .terminate else { return }
    if attempt.isNewlyUnheard(at: now) {
      say(
        "the ranks cannot be heard: no connection to \(limits.address) for \(Int(Waits.opening)) s;"
          + " the job runs on, and is judged by its exit code")
    }
    if attempt.stalled(at: now) >= limits.stall {
      say("nothing has moved for \(whole(attempt.stalled(at: now))) s; ending the job:")
      for line in attempt.board.hanging(of: attempt.ranks, at: now) { say(line) }
      endHung(&attempt, at: now)
    } else if let silence = attempt.goneAfter(at: now) {
      say(
        "no rank has said anything for \(Int(silence)) s;"
          + " ending the job, of which mpirun (process \(attempt.process)) is left at most")
      endHung(&attempt, at: now)
    } else if attempt.isHeard(at: now) {
      for host in attempt.channels.newlyLost(at: now) {
        say(
          "the connection of the ranks on \(host) has been lost for \(Int(Waits.reconnecting)) s: they end themselves")
      }
    }
  }

  private mutating func endHung(_ attempt: inout Attempt, at now: Double) {
    (attempt.hung, attempt.wasEnded) = (true, true)
    actions += attempt.escalation.send(.terminate, at: now)
  }

  // MARK: After an attempt

  private mutating func end(_ attempt: Attempt, exit: Int32, at now: Double) {
    actions.append(.cleanUp)
    failedAt = now
    defer { attempts += 1 }
    let verdict = Verdict(
      attempt, exit: exit, wasAsked: wasAsked, isFirst: attempts == 0, endedWellBefore: endedWell, limits: limits)
    explainHosts(attempt, exit: exit)
    endedWell = exit == 0 && attempt.mayFinishUnheard
    switch verdict {
    case .final(let code, let line):
      if let line { say(line) }
      finish(code)
    case .failure(let failure):
      // A step at which a rank was seen may be later than the begin.
      failures.note(begun: attempt.begun?.step)
      if let begun = attempt.begun, let furthest = attempt.furthest {
        summary.lost.failed(begun: begun, furthest: furthest)
      }
      startAgain(after: failure, reached: attempt.furthest?.step, at: now)
    }
  }

  /// One clear message where a host was lost.
  private mutating func explainHosts(_ attempt: Attempt, exit: Int32) {
    // Ranks that are left of a lost host's job say that they were stopped.
    let wasStopped = attempt.word?.ending == .stopped && (wasAsked || exit == ExitCodes.stopped)
    guard attempt.word?.ending != .done, !wasStopped else { return }
    for (name, wrong) in attempt.lostHosts {
      // One code on every Open MPI: the fifth ends with 0.
      let code = exit == 0 ? ExitCodes.hostLost : exit
      say("host \(name) \(wrong): the job was ended because of it (exit code \(code))")
    }
    if attempt.lostHosts.isEmpty, attempt.hosts > 1, exit == ExitCodes.hostLost {
      say(
        "the connection to a host was lost, and all hosts answer now:"
          + " the job was ended because of it (exit code \(exit))")
    }
  }

  private mutating func startAgain(after failure: Verdict.Failure, reached step: Int? = nil, at now: Double) {
    let ended = failure.what + (step.map { ", about step \($0)" } ?? "")
    let pause: Double
    if failure.diskFull {
      guard let seconds = failures.addFullDisk(at: now, patience: limits.diskPatience) else {
        say("\(failure.what); giving up after \(grouped(whole(limits.diskPatience))) s without progress")
        return finish(failure.code)
      }
      pause = seconds
      say("\(ended): starting it again in \(Int(seconds)) s")
    } else if failure.mayHaveFinished {
      pause = 0
      say("\(ended): starting it again, to see whether it has")
    } else {
      pause = failures.add()
      guard failures.count < limits.attempts else {
        say("\(failure.what); giving up after \(plural(failures.count, "failure")) without progress")
        return finish(failure.code)
      }
      say("\(ended): starting it again, failure \(failures.count) of \(limits.attempts) without progress")
    }
    guard pause > 0 else { return start() }
    state = .waiting(until: now + pause)
    actions.append(.wait(until: now + pause))
  }
}

/// Seconds for a message, rounded down; 0 for what is no number.
private func whole(_ seconds: Double) -> Int { Int(exactly: seconds.rounded(.down)) ?? 0 }

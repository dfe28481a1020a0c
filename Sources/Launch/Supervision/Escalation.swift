/// The signals that an attempt has got, and those that it is to get unless it ends.
struct Escalation {
  private(set) var sent: JobSignal?
  /// When the gentlest one is repeated: ranks that were only starting may have missed it.
  private var stopAgainAt = Double.infinity
  private var terminateAt = Double.infinity
  private var killAt = Double.infinity
  /// When a killed process is no longer waited for.
  private var giveUpAt = Double.infinity

  /// The job is about to end by itself.
  mutating func expectEnd(at now: Double) {
    guard sent ?? .stop < .terminate else { return }
    terminateAt = min(terminateAt, now + Waits.ending)
  }

  /// It would end, but for something that it waits for and that may take any time.
  mutating func expectEndLater(at now: Double) {
    if terminateAt < .infinity { terminateAt = max(terminateAt, now + Waits.ending) }
  }

  /// What is to be sent now, if anything: each signal is sent once, and none after a stronger one.
  ///
  /// - Parameter patience: seconds from `terminate` to `kill`.
  mutating func send(
    _ signal: JobSignal, at now: Double, patience: Double = Waits.terminating
  ) -> [SupervisionAction] {
    switch signal {
    case .stop: stopAgainAt = now + Waits.asking
    case .terminate: killAt = min(killAt, now + patience)
    case .kill: giveUpAt = min(giveUpAt, now + Waits.killing)
    }
    if let sent, sent >= signal { return [] }
    sent = signal
    return [.signal(signal)]
  }

  /// What has become due.
  mutating func due(at now: Double) -> [SupervisionAction] {
    if sent == .stop, now >= stopAgainAt {
      stopAgainAt = now + Waits.asking
      return [.signal(.stop)]
    }
    if now >= killAt { return send(.kill, at: now) }
    if now >= terminateAt { return send(.terminate, at: now, patience: Waits.terminatingRest) }
    return []
  }

  func isInVain(at now: Double) -> Bool { now >= giveUpAt }
}

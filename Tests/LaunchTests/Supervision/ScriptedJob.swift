import Launch
import Values

/// A job that is played to supervision: events at their times, ticks and the ranks' signs once a second between them.
///
/// What supervision does is told as text, with the time: "12 say the job hung".
struct ScriptedJob {
  private var supervision: Supervision
  private var now = 0.0
  /// What the ranks say each second, while they say anything.
  var says: (Double) -> [LifeSign] = { _ in [] }

  init(_ limits: SupervisionLimits = SupervisionLimits(address: "10.0.0.1:7000")) {
    supervision = Supervision(limits: limits)
  }

  /// A job that trains from the start, with what has been done for it so far.
  static func training(
    ranks: Int = 2, hosts: [String] = ["a"], step: Int = 0,
    _ limits: SupervisionLimits = SupervisionLimits(address: "10.0.0.1:7000")
  ) -> (ScriptedJob, [String]) {
    var job = ScriptedJob(limits)
    var done = job.at(0, .began)
    done += job.begins(at: 0, step: step, ranks: ranks, hosts: hosts)
    return (job, done)
  }

  /// Time passes, from whole second to whole second.
  mutating func until(_ time: Double) -> [String] {
    var done: [String] = []
    while now + 1 <= time {
      now = now.rounded(.down) + 1
      let signs = says(now)
      if !signs.isEmpty { done += told(.signs(signs)) }
      done += told(.tick)
    }
    return done
  }

  /// Time passes until the event happens.
  mutating func at(_ time: Double, _ event: SupervisionEvent) -> [String] {
    let done = until(time)
    now = time
    return done + told(event)
  }

  /// As above, of several events at one time.
  mutating func at(_ time: Double, _ events: [SupervisionEvent]) -> [String] {
    events.flatMap { at(time, $0) }
  }

  /// As above, without a word in between: the supervisor was stopped.
  mutating func afterGap(at time: Double, _ event: SupervisionEvent) -> [String] {
    now = time
    return told(event)
  }

  /// An attempt that was asked for begins to train, and goes on with ten steps a second.
  mutating func begins(at time: Double, step: Int, ranks: Int = 2, hosts: [String] = ["a"]) -> [String] {
    let done = at(
      time,
      [.started(process: 100, ranks: ranks, hosts: hosts.count)] + hosts.map { .opened($0) } + [
        .begun(ranks: ranks, step: step)
      ])
    says = { now in moving(ranks: ranks, hosts: hosts, step: step + Int((now - time) * 10)) }
    return done
  }

  private mutating func told(_ event: SupervisionEvent) -> [String] {
    supervision.handle(event, at: now).map { "\(Self.text(now)) \(Self.text($0))" }
  }

  private static func text(_ time: Double) -> String { Int(exactly: time).map { "\($0)" } ?? "\(time)" }

  private static func text(_ action: SupervisionAction) -> String {
    switch action {
    case .start: "start"
    case .wait(let until): "wait until \(text(until))"
    case .signal(let signal): "\(signal)"
    case .say(let line): "say \(line)"
    case .cleanUp: "clean up"
    case .finish(let code): "finish \(code)"
    }
  }
}

/// What a rank says. Its process is 1000 + its rank, as far as there is one.
func sign(
  _ rank: Int, step: Int, _ stage: RunStage = .computing, host: String = "a", silentFor: Int = 0
) -> LifeSign {
  LifeSign(
    rank: rank, process: Int32(truncatingIfNeeded: 1000 &+ rank), host: host, step: step, stage: stage, seconds: 0,
    silentFor: silentFor)
}

/// Ranks that all train, as many on each host.
func moving(ranks: Int, hosts: [String] = ["a"], step: Int) -> [LifeSign] {
  (0..<ranks).map { sign($0, step: step, host: hosts[$0 * hosts.count / ranks]) }
}

extension SupervisionEvent {
  static func opened(_ host: String) -> Self { .channelOpened(host: host, leader: 0) }
  static func closed(_ host: String) -> Self { .channelClosed(host: host, leader: 0) }
}

extension [String] {
  /// Empty where there are not so many: then a test fails, and the others go on.
  subscript(line index: Int) -> String { indices.contains(index) ? self[index] : "" }
}

import Glibc
import Subprocess
import Values

/// Starts a job, hears its ranks, and does what supervision decides, until all is over.
public struct JobRunner: Sendable {
  /// What is run, and how.
  public struct Settings: Sendable {
    /// The program and its arguments, the same for each start.
    public var program: [String]
    public var limits = SupervisionLimits()
    /// Whether the ranks get this process's standard input. Otherwise it is empty.
    public var handsOnInput = false
    /// Whether `PreparedJob.notes` are said at each start.
    public var saysNotes = true
    /// Where ranks connect to.
    public var listening = ListeningPlace.thisHost(parent: "/tmp")
    /// The folder for temporary files.
    public var temporaryFiles = "/tmp"
    /// Further variables of the job's environment; nil for those that it is not to have.
    public var environment: [String: String?] = [:]
    /// Where others find this supervisor; nil where they do not.
    public var record: SupervisorRecord?

    public init(program: [String]) { self.program = program }
  }

  private let settings: Settings
  private let site: any JobSite
  private let say: @Sendable (String) -> Void

  /// - Parameter say: tells the user one line.
  public init(_ settings: Settings, site: any JobSite, say: @escaping @Sendable (String) -> Void) {
    (self.settings, self.site, self.say) = (settings, site, say)
  }

  /// - Returns: the exit code for this process.
  public func run() async -> Int32 {
    let (events, feed) = AsyncStream<SupervisionEvent>.makeStream()
    SignalIntake.start { _ in feed.yield(.stopAsked) }
    let listener: LifeSignListener
    do {
      listener = try LifeSignListener(settings.listening) { event in
        if let event = SupervisionEvent(event) { feed.yield(event) }
      }
    } catch {
      say("\(error)")
      return exitUnavailable
    }
    defer { listener.close() }
    let clock = Task {
      while !Task.isCancelled {
        try? await Task.sleep(for: .seconds(1))
        feed.yield(.tick)
      }
    }
    defer { clock.cancel() }
    JobFolders.removeOrphans(temporaryFiles: settings.temporaryFiles)

    var limits = settings.limits
    limits.address = listener.environment.variables.first?.value ?? ""
    var supervision = Supervision(limits: limits)
    var attempt: RunningJob?
    var outputFailure: CInt?
    var order = EventOrder()
    var journal = SupervisorJournal(settings.record)
    feed.yield(.began)
    for await event in events {
      journal.note(event)
      attempt?.note(event)
      let now = Double(monotonicNanoseconds()) * 1e-9
      var news = order.take(event)
      if event == .tick, attempt?.waitsForReader == true { news.insert(.readerWaits, at: 0) }
      for action in news.flatMap({ supervision.handle($0, at: now) }) {
        switch action {
        case .start:
          order.startBegins()
          attempt = start(hearing: listener.renewToken(), feed)
        case .wait: break
        case .signal(let signal): attempt?.signal(signal)
        case .say(let line): say(line)
        case .cleanUp:
          await attempt?.cleanUp()
          outputFailure = attempt?.outputFailure ?? outputFailure
          attempt = nil
        case .finish(let code):
          feed.finish()
          guard let outputFailure else { return code }
          say("standard output: what was printed is incomplete: \(String(cString: strerror(outputFailure)))")
          return code == 0 ? 1 : code
        }
      }
    }
    return 1
  }

  private func start(
    hearing signs: SignEnvironment, _ feed: AsyncStream<SupervisionEvent>.Continuation
  ) -> RunningJob {
    RunningJob(settings, site: site, signs: signs, say: say) { feed.yield($0) }
  }
}

extension SupervisionEvent {
  init?(_ event: SignEvent) {
    switch event {
    case .opened(let host, let leader, _): self = .channelOpened(host: host, leader: leader)
    case .closed(let host, let leader): self = .channelClosed(host: host, leader: leader)
    case .signs(let signs): self = .signs(signs)
    case .begun(let ranks, let step): self = .begun(ranks: ranks, step: step)
    case .ended(let ending, let code): self = .ended(ending, code: code)
    }
  }
}

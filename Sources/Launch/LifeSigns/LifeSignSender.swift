import Values

/// Tells the supervisor of a job where a rank is: a thread that looks once per second, and touches nothing that training
/// uses.
///
/// All ranks of a host write to memory that they share. The first one of them, its leader, reads it and has the host's only
/// connection. No call but `end` and `stop` waits for anything.
public final class LifeSignSender: Sendable {
  private let requests: SenderRequests?
  private let thread: SignalFreeThread?
  private let timing: SignTiming
  private let isLeader: Bool

  /// Starts the thread, which lives until `stop`, or as long as the process.
  ///
  /// - Parameters:
  ///   - boards: the folder, in memory, for what the ranks of a host share.
  ///   - whereabouts: steps done, and what the rank does now. Called in the thread.
  ///   - say: tells a person, in one line, why no signs are given. The run goes on without them. Called once at most.
  ///   - onLost: the supervisor was there and is not any more: whoever started the job is gone, and the run should end
  ///     with a checkpoint. Called once at most, in the thread and on a host's leader alone; it must not wait for `stop`.
  public init(
    _ environment: SignEnvironment, place: RankPlace, timing: SignTiming = SignTiming(), boards: String = "/dev/shm",
    whereabouts: @escaping @Sendable () -> (step: Int, stage: RunStage), say: @escaping @Sendable (String) -> Void,
    onLost: @escaping @Sendable () -> Void
  ) {
    (self.timing, isLeader) = (timing, place.isLeader)
    let requests = SenderRequests()
    self.requests = requests
    thread = requests.flatMap { requests in
      SignalFreeThread {
        var loop = SenderLoop(
          environment: environment, place: place, timing: timing, boards: boards, requests: requests,
          whereabouts: whereabouts, say: say, onLost: onLost)
        loop.run()
        requests.confirm { $0.isOver = true }
      }
    }
    if thread == nil { say("no signs of life are given: the system has no thread or no descriptor left") }
  }

  /// Rank 0 of the job: the training begins, after what a checkpoint may have brought.
  ///
  /// - Parameters:
  ///   - ranks: of the job.
  ///   - step: steps done before.
  public func begin(ranks: Int, step: Int) {
    requests?.ask { $0.begin = SenderRequests.Begin(ranks: ranks, step: step) }
  }

  /// Rank 0 of the job: the last word, after which no sign follows.
  ///
  /// - Parameter code: the exit code of the process.
  /// - Returns: once the supervisor has confirmed it, or nobody is there who could, or after 2 s (`timing.lastWord`);
  ///   whether it is confirmed.
  @discardableResult
  public func end(_ ending: JobEnding, code: Int32) -> Bool {
    guard let requests, thread != nil, isLeader else { return false }
    let deadline = Deadline(in: timing.lastWord)
    requests.ask { $0.end = SenderRequests.End(ending: ending, code: code & 0xFF) }
    return requests.awaitLastWord(deadline)
  }

  /// Ends the thread and the connection, and removes what the host's ranks share. A second call does nothing.
  public func stop() {
    guard let requests, let thread else { return }
    var isFirst = false
    requests.ask {
      isFirst = !$0.isStopping
      $0.isStopping = true
    }
    if isFirst { thread.join() }
  }
}

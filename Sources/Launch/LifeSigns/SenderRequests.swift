import Synchronization

/// What a rank's own threads ask of the one that sends.
final class SenderRequests: Sendable {
  struct Begin: Equatable, Sendable { var ranks: Int, step: Int }
  struct End: Equatable, Sendable { var ending: JobEnding, code: Int32 }

  struct State: Sendable {
    /// What the supervisor has not confirmed yet.
    var begin: Begin?
    var end: End?
    var isStopping = false
    /// Nothing is sent any more.
    var isOver = false
  }

  private let state = Mutex(State())
  /// Wakes the thread that sends.
  let wake: Wake
  /// Wakes the one that waits for the last word to arrive.
  private let confirmed: Wake

  init?() {
    guard let wake = Wake(), let confirmed = Wake() else { return nil }
    (self.wake, self.confirmed) = (wake, confirmed)
  }

  var current: State { state.withLock { $0 } }

  func ask(_ change: (inout State) -> Void) {
    state.withLock { change(&$0) }
    wake.wake()
  }

  func confirm(_ change: (inout State) -> Void) {
    state.withLock { change(&$0) }
    confirmed.wake()
  }

  /// - Returns: whether the last word has arrived in time.
  func awaitLastWord(_ deadline: Deadline) -> Bool {
    while true {
      let current = current
      if current.end == nil { return true }
      if current.isOver || !confirmed.wait(deadline) { return self.current.end == nil }
    }
  }
}

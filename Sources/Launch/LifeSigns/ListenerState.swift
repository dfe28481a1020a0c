import Synchronization

/// What a listener's thread and its owner share.
final class ListenerState: Sendable {
  struct State: Sendable {
    var token = SignToken()
    /// Of the token, counted from 0.
    var generation = 0
    /// Up to which the thread has dropped the connections of older ones.
    var settled = 0
    var isClosing = false
  }

  private let state = Mutex(State())
  /// Wakes the thread.
  let wake: Wake
  private let settled: Wake

  init?() {
    guard let wake = Wake(), let settled = Wake() else { return nil }
    (self.wake, self.settled) = (wake, settled)
  }

  var current: State { state.withLock { $0 } }

  /// - Returns: whether it was open until now.
  func close() -> Bool {
    let wasOpen = state.withLock { state in
      defer { state.isClosing = true }
      return !state.isClosing
    }
    wake.wake()
    return wasOpen
  }

  /// - Returns: the number of the new token.
  func renew() -> Int {
    let generation = state.withLock { state in
      state.token = SignToken()
      state.generation += 1
      return state.generation
    }
    wake.wake()
    return generation
  }

  func settle(_ generation: Int) {
    state.withLock { $0.settled = generation }
    settled.wake()
  }

  func awaitSettled(_ generation: Int, _ deadline: Deadline) {
    while current.settled < generation, !current.isClosing, settled.wait(deadline) {}
  }
}

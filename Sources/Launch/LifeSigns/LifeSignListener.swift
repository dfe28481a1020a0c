import Glibc
import Synchronization

/// Hears the signs of life of a job's ranks: the supervisor's side, with a thread of its own.
///
/// Only who has the token is listened to. Whatever else arrives is dropped together with its connection, without an answer.
public final class LifeSignListener: Sendable {
  private let addresses: [SignAddress]
  private let boards: String
  /// Nil once they are closed.
  private let sockets: Mutex<ListeningSockets?>
  private let state: ListenerState
  private let thread: SignalFreeThread

  /// Listens from now on.
  ///
  /// - Parameters:
  ///   - mostConnections: at the same time, 1 at least. Those that have not shown the token yet give way to new ones.
  ///   - hello: seconds that a connection has for showing it.
  ///   - boards: the folder, in memory, for what the ranks of this host share.
  ///   - onEvent: called in the thread, one event after the other. It may renew the token, and must not close.
  /// - Throws: where an address, a folder or a thread is not to be had.
  public init(
    _ place: ListeningPlace, mostConnections: Int = 1024, hello: Double = 10, boards: String = "/dev/shm",
    onEvent: @escaping @Sendable (SignEvent) -> Void
  ) throws(LifeSignListenerError) {
    guard let state = ListenerState() else { throw .lastError("a wait for them") }
    let sockets = try ListeningSockets(place)
    let listening = sockets.sockets
    guard
      let thread = SignalFreeThread({
        var loop = ListenerLoop(
          listening: listening, state: state, mostConnections: max(1, mostConnections), hello: hello, onEvent: onEvent)
        loop.run()
      })
    else {
      sockets.remove()
      throw LifeSignListenerError(what: "a thread", reason: "the system has none left")
    }
    addresses = sockets.addresses
    self.sockets = Mutex(sockets)
    (self.boards, self.state, self.thread) = (boards, state, thread)
  }

  deinit { close() }

  /// What the ranks of the present attempt are to have in their environment.
  public var environment: SignEnvironment { SignEnvironment(addresses: addresses, token: state.current.token) }

  /// Another attempt begins: drops all connections of the one before, without events, and removes what its ranks have left
  /// on this host. No event of theirs comes after this.
  ///
  /// - Returns: what the ranks of the new attempt are to have in their environment.
  @discardableResult
  public func renewToken() -> SignEnvironment {
    let old = state.current.token
    let generation = state.renew()
    // At most one event is under way.
    if !thread.isCurrent { state.awaitSettled(generation, Deadline(in: 5)) }
    HostBoard.removeAll(old, parent: boards)
    return environment
  }

  /// Closes and removes everything, also what the ranks have left on this host. A second call does nothing.
  public func close() {
    guard state.close() else { return }
    thread.join()
    sockets.withLock { sockets in
      sockets?.remove()
      sockets = nil
    }
    HostBoard.removeAll(state.current.token, parent: boards)
  }
}

import Files
import Glibc

/// What the thread of `LifeSignListener` does.
struct ListenerLoop {
  let state: ListenerState
  let mostConnections: Int
  let hello: Double
  let onEvent: @Sendable (SignEvent) -> Void

  private let listening: [Descriptor]
  /// The oldest first.
  private var connections: [HeardConnection] = []
  private var token: SignToken
  private var generation: Int
  /// Where the process has no descriptor left: when to ask for one again.
  private var pause: Deadline?

  init(
    listening: [Descriptor], state: ListenerState, mostConnections: Int, hello: Double,
    onEvent: @escaping @Sendable (SignEvent) -> Void
  ) {
    (self.listening, self.state, self.mostConnections) = (listening, state, mostConnections)
    (self.hello, self.onEvent) = (hello, onEvent)
    let current = state.current
    (token, generation) = (current.token, current.generation)
    // A token that was renewed before this thread had begun has nothing older to be dropped.
    state.settle(generation)
  }

  mutating func run() {
    while !state.current.isClosing {
      forgetOldToken()
      if pause?.isOver == true { pause = nil }
      connections.removeAll { $0.host == nil && $0.helloDeadline.isOver }
      let open = pause == nil ? listening : []
      let fixed = [state.wake.request] + open.map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
      var requests = fixed + connections.map(\.lines.request)
      guard poll(&requests, nfds_t(requests.count), timeout) > 0 else { continue }
      if requests[0].revents != 0 { state.wake.clear() }
      serve(requests[fixed.count...].map { $0.revents != 0 })
      for (socket, request) in zip(open, requests[1...]) where request.revents != 0 { accept(from: socket) }
    }
  }

  /// Milliseconds until there is something to do without being asked.
  private var timeout: CInt {
    let deadlines = connections.filter { $0.host == nil }.map(\.helloDeadline) + (pause.map { [$0] } ?? [])
    return deadlines.map(\.milliseconds).min() ?? -1
  }

  private mutating func forgetOldToken() {
    let current = state.current
    guard current.generation != generation else { return }
    (token, generation) = (current.token, current.generation)
    connections.removeAll()
    state.settle(generation)
  }

  // MARK: - What is said

  /// - Parameter isReady: whether something has come, for each connection.
  private mutating func serve(_ isReady: [Bool]) {
    var isOver = isReady.map { _ in false }
    for index in connections.indices where isReady[index] && !isOver[index] {
      guard connections[index].lines.send(), let lines = connections[index].lines.receive() else {
        isOver[index] = true
        guard tellClosed(index) else { return }
        continue
      }
      for line in lines {
        guard let events = connections[index].take(line, token: token) else {
          isOver[index] = true
          guard tellClosed(index) else { return }
          break
        }
        for event in events {
          if case .opened = event {
            // The leader of a host has a new connection, and we have not yet heard that the old one is broken.
            let host = connections[index].host
            for old in connections.indices where old != index && connections[old].host == host && !isOver[old] {
              isOver[old] = true
              guard tellClosed(old) else { return }
            }
          }
          guard tell(event) else { return }
        }
      }
    }
    connections = zip(connections, isOver).filter { !$0.1 }.map(\.0)
  }

  /// - Returns: false where the token is another one now: nothing of these connections counts any more.
  private func tell(_ event: SignEvent) -> Bool {
    guard isCurrent else { return false }
    onEvent(event)
    return isCurrent
  }

  private func tellClosed(_ index: Int) -> Bool {
    guard let host = connections[index].host else { return isCurrent }
    return tell(.closed(host: host.name, leader: host.rank))
  }

  private var isCurrent: Bool {
    let current = state.current
    return current.generation == generation && !current.isClosing
  }

  // MARK: - Who comes

  private mutating func accept(from socket: Descriptor) {
    guard let accepted = socket.accept() else {
      if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno), !makeRoom() { pause = Deadline(in: 0.2) }
      return
    }
    if SocketAddress.port(of: accepted) != 0 { accepted.watchPeer() }
    guard connections.count < mostConnections || makeRoom() else { return }
    connections.append(HeardConnection(accepted, hello: hello))
  }

  /// Drops the oldest connection that has not shown the token.
  ///
  /// - Returns: false where there is none.
  private mutating func makeRoom() -> Bool {
    guard let oldest = connections.firstIndex(where: { $0.host == nil }) else { return false }
    connections.remove(at: oldest)
    return true
  }
}

import Files
import Glibc
import Synchronization

@testable import Launch

/// A network between the ranks and the supervisor that does what networks do: TCP on the loopback, in this process.
final class SignProxy: Sendable {
  enum Mode: Equatable, Sendable {
    case passing
    /// What arrives is handed on so many milliseconds later.
    case late(CInt)
    /// Connections stay open, and nothing is handed on until there is another mode.
    case stalled
    /// All connections are reset, new ones too.
    case resetting
  }

  private final class Pair {
    let near: Descriptor, far: Descriptor
    init(near: Descriptor, far: Descriptor) { (self.near, self.far) = (near, far) }
  }

  let address: SignAddress
  private let mode = Mutex(Mode.passing)
  private let isOver = Flag()
  /// Connections that were accepted.
  let accepted = Counter()
  private let thread: SignalFreeThread

  init(to target: SignAddress) throws {
    let sockets = try ListeningSockets(.network([IPAddress("127.0.0.1")].compactMap { $0 }))
    address = sockets.addresses[0]
    let (mode, isOver, accepted) = (Box(), isOver, accepted)
    guard
      let thread = SignalFreeThread({
        var pairs: [Pair] = []
        while !isOver.value {
          Self.turn(sockets.sockets[0], target, mode.value?.current ?? .passing, accepted, &pairs)
        }
      })
    else { throw LifeSignListenerError.lastError("a thread") }
    self.thread = thread
    mode.set(self)
  }

  private var current: Mode { mode.withLock { $0 } }

  func set(_ new: Mode) { mode.withLock { $0 = new } }

  func stop() {
    isOver.set()
    thread.join()
  }

  /// For a thread that begins before its object is complete.
  private final class Box: Sendable {
    private let object = Mutex<SignProxy?>(nil)
    var value: SignProxy? { object.withLock { $0 } }
    func set(_ value: SignProxy) { object.withLock { $0 = value } }
  }

  private static func turn(
    _ listening: Descriptor, _ target: SignAddress, _ mode: Mode, _ accepted: Counter, _ pairs: inout [Pair]
  ) {
    if mode == .resetting {
      for pair in pairs { reset(pair.near) }
      pairs = []
    }
    // A stalled one takes nothing, and so needs not look.
    let watched = mode == .stalled ? [] : pairs.flatMap { [$0.near.number, $0.far.number] }
    var requests = ([listening.number] + watched).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    poll(&requests, nfds_t(requests.count), 5)
    var over: Set<Int> = []
    if case .late(let milliseconds) = mode, requests.dropFirst().contains(where: { $0.revents != 0 }) {
      poll(nil, 0, milliseconds)
    }
    for (place, request) in requests.dropFirst().enumerated() where request.revents != 0 {
      let pair = pairs[place / 2]
      let (from, to) = place % 2 == 0 ? (pair.near, pair.far) : (pair.far, pair.near)
      if !pass(from, to) { over.insert(place / 2) }
    }
    pairs = pairs.indices.filter { !over.contains($0) }.map { pairs[$0] }
    guard requests[0].revents != 0, let near = listening.accept() else { return }
    accepted.add()
    if mode == .resetting { return reset(near) }
    let peer = SocketAddress(target)
    guard let far = Descriptor.socket(for: peer) else { return }
    _ = peer.withPointer { connect(far.number, $0, $1) }
    pairs.append(Pair(near: near, far: far))
  }

  private static func pass(_ from: Descriptor, _ to: Descriptor) -> Bool {
    var bytes = [UInt8](repeating: 0, count: 1 << 14)
    let count = recv(from.number, &bytes, bytes.count, 0)
    guard count > 0 else { return count < 0 && errno == EAGAIN }
    var sent = 0
    while sent < count {
      let some = send(to.number, Array(bytes[sent..<count]), count - sent, CInt(MSG_NOSIGNAL))
      if some < 0, errno != EAGAIN { return false }
      sent += max(0, some)
      if some < 0 { poll(nil, 0, 1) }
    }
    return true
  }

  /// The other side gets an error, not an end.
  private static func reset(_ socket: Descriptor) {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(socket.number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
  }
}

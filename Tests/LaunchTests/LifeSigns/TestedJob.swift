import Files
import Glibc
import Synchronization
import Testing
import Values

@testable import Launch

/// Some ranks of a job on one host, in this process, and what they are told and say.
final class TestedJob: Sendable {
  let senders: [LifeSignSender]
  let said: Said
  let lost: Counter
  /// Steps done, of all ranks.
  let step: Counter

  /// - Parameter first: number of the first rank here.
  init(
    _ environment: SignEnvironment, boards: String, first: Int = 0, local: Int = 2, ranks: Int = 2, host: String = "a",
    timing: SignTiming = TestedJob.timing
  ) {
    let (said, lost, step) = (Said(), Counter(), Counter())
    (self.said, self.lost, self.step) = (said, lost, step)
    senders = (0..<local).map { rank in
      LifeSignSender(
        environment,
        place: RankPlace(
          rank: first + rank, ranks: ranks, localRank: rank, localRanks: local, leader: first, host: host),
        timing: timing, boards: boards,
        whereabouts: { (step.value, rank == 0 ? .computing : .exchanging) }, say: { said.add($0) },
        onLost: { lost.add() })
    }
  }

  func stop() {
    for sender in senders.reversed() { sender.stop() }
  }

  /// Quick in all that has to pass in a test, and patient with a busy machine.
  static var timing: SignTiming {
    var timing = SignTiming()
    timing.interval = 0.01
    timing.lastWord = 10
    return timing
  }
}

extension SignQueue {
  /// The first event that is one of those looked for.
  func first(where isIt: (SignEvent) -> Bool) throws -> SignEvent {
    let deadline = Deadline(in: 20)
    while let event = next(within: deadline.seconds) {
      if isIt(event) { return event }
    }
    throw NoSuchEvent()
  }

  /// Signs of exactly these ranks, all of them at this step or later.
  func signs(of ranks: [Int], from step: Int = 0) throws -> [LifeSign] {
    var found: [LifeSign] = []
    _ = try first {
      guard case .signs(let signs) = $0 else { return false }
      found = signs
      return signs.map(\.rank) == ranks && signs.allSatisfy { $0.step >= step }
    }
    return found
  }

  /// What has come and comes in this time.
  func all(within seconds: Double) -> [SignEvent] {
    let deadline = Deadline(in: seconds)
    var events: [SignEvent] = []
    while let event = next(within: deadline.seconds) { events.append(event) }
    return events
  }

  struct NoSuchEvent: Error {}
}

/// Waits for what has to become true.
func eventually(_ condition: () -> Bool) -> Bool {
  let deadline = Deadline(in: 20)
  while !condition() {
    if deadline.isOver { return false }
    poll(nil, 0, 2)
  }
  return true
}

/// Bytes that a test sends by itself, and the answer.
struct RawConnection {
  private let socket: Descriptor

  init(_ address: SignAddress) throws {
    let peer = SocketAddress(address)
    socket = try #require(Descriptor.socket(for: peer))
    let result = peer.withPointer { connect(socket.number, $0, $1) }
    try #require(result == 0 || errno == EINPROGRESS)
    var request = pollfd(fd: socket.number, events: Int16(POLLOUT), revents: 0)
    try #require(poll(&request, 1, 20_000) == 1)
  }

  func send(_ bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    _ = Glibc.send(socket.number, bytes, bytes.count, CInt(MSG_NOSIGNAL))
  }

  /// What is answered until as many bytes have come, or the connection is over.
  func answer(_ most: Int = .max) -> (bytes: [UInt8], isOver: Bool) {
    var answer: [UInt8] = []
    let deadline = Deadline(in: 20)
    while answer.count < most {
      var request = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
      guard poll(&request, 1, deadline.milliseconds) > 0 else { return (answer, false) }
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = recv(socket.number, &bytes, bytes.count, 0)
      guard count > 0 else { return (answer, true) }
      answer += bytes[..<count]
    }
    return (answer, false)
  }
}

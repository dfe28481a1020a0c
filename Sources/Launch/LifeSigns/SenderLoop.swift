import Files
import Glibc
import Values

/// What the thread of `LifeSignSender` does.
struct SenderLoop {
  let environment: SignEnvironment
  let place: RankPlace
  let timing: SignTiming
  let boards: String
  let requests: SenderRequests
  let whereabouts: @Sendable () -> (step: Int, stage: RunStage)
  let say: @Sendable (String) -> Void
  let onLost: @Sendable () -> Void

  /// Where the rank was at the last look, and since when.
  private var last: (step: Int, stage: RunStage, since: Int)?
  private var beats = 0

  init(
    environment: SignEnvironment, place: RankPlace, timing: SignTiming, boards: String, requests: SenderRequests,
    whereabouts: @escaping @Sendable () -> (step: Int, stage: RunStage), say: @escaping @Sendable (String) -> Void,
    onLost: @escaping @Sendable () -> Void
  ) {
    (self.environment, self.place, self.timing) = (environment, place, timing)
    (self.boards, self.requests, self.whereabouts) = (boards, requests, whereabouts)
    (self.say, self.onLost) = (say, onLost)
  }

  mutating func run() {
    let board: HostBoard?
    do {
      board = try openBoard()
    } catch {
      say("no signs of life are given: \(error)")
      return
    }
    guard let board else { return }
    defer { if place.isLeader { board.folder.remove() } }
    if place.isLeader { lead(board) } else { follow(board) }
  }

  // MARK: - The board

  /// - Returns: nil where this rank is to stop, or the leader has made no board: it has said why.
  private func openBoard() throws(PrivateFolderError) -> HostBoard? {
    let path = HostBoard.path(environment.token, leader: place.leader, parent: boards)
    if place.isLeader { return try HostBoard(making: path, count: place.localRanks) }
    let deadline = Deadline(in: timing.connecting)
    while true {
      do throws(PrivateFolderError) {
        return try HostBoard(opening: path, count: place.localRanks)
      } catch  where error.isMissing {
        if deadline.isOver { return nil }
      }
      guard pause(min(0.05, deadline.seconds)) else { return nil }
    }
  }

  private mutating func beat(_ board: HostBoard) {
    let (step, stage) = whereabouts()
    var since = monotonicNanoseconds()
    if let last, last.step == step, last.stage == stage { since = last.since }
    last = (step, stage, since)
    board.write(
      HostBoard.Entry(rank: place.rank, process: getpid(), step: step, stage: stage, since: since), at: place.localRank)
  }

  private mutating func follow(_ board: HostBoard) {
    repeat { beat(board) } while pause(timing.interval)
  }

  /// - Returns: false where this rank is to stop.
  private func pause(_ seconds: Double) -> Bool {
    let deadline = Deadline(in: seconds)
    while !requests.current.isStopping {
      if !requests.wake.wait(deadline) { return true }
    }
    return false
  }

  // MARK: - The connection

  private mutating func lead(_ board: HostBoard) {
    var reader = BoardReader(
      board, silence: nanoseconds(timing.silence), interval: nanoseconds(timing.interval), now: monotonicNanoseconds())
    guard var connection = connect(within: timing.connecting, board) else {
      let tried = environment.addresses.map(\.description).joined(separator: ", ")
      if !requests.current.isStopping {
        say("no signs of life are given: no supervisor answers at \(escaped(tried))")
      }
      return
    }
    while serve(connection, board, &reader) == .lost {
      guard let next = connect(within: timing.reconnecting, board) else {
        if !requests.current.isStopping { onLost() }
        return
      }
      connection = next
    }
  }

  /// Tries all addresses, in turns, with growing pauses.
  ///
  /// - Returns: nil where this rank is to stop, or nobody answers in time.
  private mutating func connect(within seconds: Double, _ board: HostBoard) -> LineConnection? {
    let deadline = Deadline(in: seconds)
    var wait = 0.05
    while true {
      for address in environment.addresses {
        beat(board)
        if let connection = connect(to: address, Deadline(in: min(timing.answer, deadline.seconds))) {
          return connection
        }
        if requests.current.isStopping { return nil }
      }
      if deadline.isOver { return nil }
      guard pause(min(wait, timing.interval, deadline.seconds)) else { return nil }
      wait *= 2
    }
  }

  /// - Returns: a connection on which the supervisor has answered.
  private func connect(to address: SignAddress, _ deadline: Deadline) -> LineConnection? {
    let peer = SocketAddress(address)
    guard let socket = Descriptor.socket(for: peer) else { return nil }
    if peer.family != AF_UNIX { socket.watchPeer() }
    let result = peer.withPointer { Glibc.connect(socket.number, $0, $1) }
    guard result == 0 || errno == EINPROGRESS else { return nil }
    guard result == 0 || wait(pollfd(fd: socket.number, events: Int16(POLLOUT), revents: 0), deadline) else {
      return nil
    }
    var connection = LineConnection(socket)
    guard connection.send([.hello(environment.token, place.signHost)]) else { return nil }
    while wait(connection.request, deadline) {
      guard connection.send(), let lines = connection.receive() else { return nil }
      if let line = lines.first { return LifeMessage(line, from: nil) == .heard(0) ? connection : nil }
    }
    return nil
  }

  /// - Returns: false where the time is over, or this rank is to stop.
  private func wait(_ request: pollfd, _ deadline: Deadline) -> Bool {
    while !requests.current.isStopping {
      var both = [request, requests.wake.request]
      let count = poll(&both, 2, deadline.milliseconds)
      if count > 0, both[1].revents != 0 { requests.wake.clear() }
      if count > 0, both[0].revents != 0 { return true }
      if deadline.isOver { return false }
    }
    return false
  }

  private enum ServiceEnd { case lost, stopped }

  /// Sends signs until the connection breaks, the last word has arrived, or this rank is to stop.
  private mutating func serve(
    _ opened: LineConnection, _ board: HostBoard, _ reader: inout BoardReader
  ) -> ServiceEnd {
    var connection = opened
    var conversation = Conversation(beats: beats)
    defer { beats = conversation.sent }
    var next = Deadline(in: 0)
    while true {
      let asked = requests.current
      if asked.isStopping { return .stopped }
      var signs: [LifeSign]?
      if next.isOver || conversation.isLast(asked) {
        beat(board)
        signs = reader.signs(of: place.signHost, now: monotonicNanoseconds())
        if next.isOver { next = Deadline(in: timing.interval) }
      }
      // What the supervisor does not take is not kept for it: it will want to know what is, not what was.
      if connection.waiting > 0 { signs = nil }
      guard connection.send(conversation.messages(signs: signs, asked)) else { return .lost }
      var both = [connection.request, requests.wake.request]
      _ = poll(&both, 2, next.milliseconds)
      if both[1].revents != 0 { requests.wake.clear() }
      if both[0].revents != 0 {
        guard let lines = connection.receive() else { return .lost }
        for line in lines {
          guard case .heard(let number) = LifeMessage(line, from: nil), let heard = conversation.heard(number) else {
            return .lost
          }
          requests.confirm { state in
            if heard.begin != nil, state.begin == heard.begin { state.begin = nil }
            if heard.end != nil, state.end == heard.end { state.end = nil }
          }
          if heard.end != nil { return .stopped }
        }
      }
    }
  }
}

import Glibc
import Testing
import Values

@testable import Launch

@Suite("life signs from ranks to the supervisor", .serialized) struct LifeSignChannelTests {
  enum Kind: CaseIterable { case unix, ipv4, ipv6 }

  private let folder: ShortFolder
  private let queue: SignQueue

  init() throws {
    folder = try ShortFolder()
    queue = try SignQueue()
    try #require(mkdir(boards, 0o700) == 0 && mkdir(sockets, 0o700) == 0)
  }

  private var boards: String { "\(folder.path)/boards" }
  private var sockets: String { "\(folder.path)/sockets" }

  /// Whether nothing is left in the folders of boards and sockets.
  private var isClean: Bool { rmdir(boards) == 0 && rmdir(sockets) == 0 }

  private func listener(
    _ kind: Kind = .unix, mostConnections: Int = 1024, hello: Double = 10
  ) throws -> LifeSignListener {
    let place: ListeningPlace =
      switch kind {
      case .unix: .thisHost(parent: sockets)
      case .ipv4: .network([try #require(IPAddress("127.0.0.1"))])
      case .ipv6: .network([try #require(IPAddress("::1"))])
      }
    return try LifeSignListener(
      place, mostConnections: mostConnections, hello: hello, boards: boards, onEvent: { [queue] in queue.put($0) })
  }

  private func isClosed(_ event: SignEvent) -> Bool { if case .closed = event { true } else { false } }
  private func isOpened(_ event: SignEvent) -> Bool { if case .opened = event { true } else { false } }

  // MARK: - The whole way

  @Test("from the first to the last word, and nothing is left", arguments: Kind.allCases)
  func wholeWay(_ kind: Kind) throws {
    if kind == .ipv6, (try? ListeningSockets(.network([try #require(IPAddress("::1"))]))) == nil { return }
    let listener = try listener(kind)
    let variables = Dictionary(uniqueKeysWithValues: listener.environment.variables.map { ($0.name, $0.value) })
    let environment = try #require(try SignEnvironment(lookup: { variables[$0] }))
    let job = TestedJob(environment, boards: boards)
    #expect(try queue.first { _ in true } == .opened(host: "a", leader: 0, ranks: 2))
    job.senders[0].begin(ranks: 2, step: 500)
    #expect(try queue.first { if case .begun = $0 { true } else { false } } == .begun(ranks: 2, step: 500))
    job.step.add()
    let signs = try queue.signs(of: [0, 1], from: 1)
    #expect(signs.map(\.stage) == [.computing, .exchanging])
    #expect(signs.allSatisfy { $0.process == getpid() && $0.host == "a" && $0.seconds == 0 && $0.silentFor == 0 })
    job.step.add()
    // Only the leader can say it, and nobody waits for the others.
    #expect(!job.senders[1].end(.failed, code: 1))
    #expect(job.senders[0].end(.done, code: 0))
    let rest = queue.all(within: 0)
    let last = try #require(rest.firstIndex(of: .ended(.done, code: 0)))
    // The step at which it ended was told before, and nothing after.
    if case .signs(let signs)? = rest[..<last].last { #expect(signs.first?.step == 2) } else { Issue.record("\(rest)") }
    #expect(rest[(last + 1)...].allSatisfy { isClosed($0) })
    job.stop()
    if !rest.contains(where: { isClosed($0) }) {
      #expect(try queue.first { _ in true } == .closed(host: "a", leader: 0))
    }
    listener.close()
    #expect(isClean)
    #expect(job.said.lines.isEmpty && job.lost.value == 0)
  }

  @Test("two hosts, of the same name even, are told apart")
  func twoHosts() throws {
    let listener = try listener(.ipv4)
    let jobs = [0, 2].map {
      TestedJob(listener.environment, boards: boards, first: $0, local: 2, ranks: 4, host: "same")
    }
    _ = try queue.signs(of: [0, 1])
    _ = try queue.signs(of: [2, 3])
    jobs[1].stop()
    #expect(try queue.first { isClosed($0) } == .closed(host: "same", leader: 2))
    _ = try queue.signs(of: [0, 1])
    jobs[0].stop()
    listener.close()
    #expect(isClean)
  }

  @Test("addresses are tried in their order, until one answers")
  func severalAddresses() throws {
    let listener = try listener(.ipv4)
    let nobody = try closedAddress()
    let environment = SignEnvironment(
      addresses: [nobody] + listener.environment.addresses, token: listener.environment.token)
    let job = TestedJob(environment, boards: boards)
    _ = try queue.signs(of: [0, 1])
    job.stop()
    listener.close()
  }

  @Test("ports are taken from the range, the next where one is taken")
  func ports() throws {
    let here = try #require(IPAddress("127.0.0.1"))
    let first = try ListeningSockets(.network([here]))
    guard case .tcp(_, let taken)? = first.addresses.first, taken < .max else { return }
    let error = #expect(throws: LifeSignListenerError.self) {
      try ListeningSockets(.network([here], ports: taken...taken))
    }
    #expect(error?.what == "127.0.0.1:\(taken)")
    guard case .tcp(_, let next)? = try? ListeningSockets(.network([here], ports: taken...65535)).addresses.first
    else {
      Issue.record("no port after \(taken)")
      return
    }
    #expect(next > taken)
    #expect(throws: LifeSignListenerError.self) { try ListeningSockets(.network([here], ports: 0...0)) }
    #expect(throws: LifeSignListenerError.self) { try ListeningSockets(.network([])) }
  }

  @Test("a place where no socket can be is an error that names it")
  func noSocket() {
    for parent in ["\(folder.path)/none", "relative", "/" + String(repeating: "x", count: 100)] {
      let error = #expect(throws: LifeSignListenerError.self) {
        try LifeSignListener(.thisHost(parent: parent), onEvent: { _ in })
      }
      #expect(error?.what.contains(parent) == true)
    }
  }

  @Test("the socket lies in the first folder that will do")
  func usualPlaces() {
    func parent(_ values: [String: String]) -> String? {
      if case .thisHost(let parent) = ListeningPlace.thisHost(lookup: { values[$0] }) { parent } else { nil }
    }
    let long = "/tmp/" + String(repeating: "x", count: 80)
    #expect(parent([:]) == "/tmp")
    #expect(parent(["XDG_RUNTIME_DIR": boards, "TMPDIR": sockets]) == boards)
    #expect(parent(["XDG_RUNTIME_DIR": "/none", "TMPDIR": sockets]) == sockets)
    #expect(parent(["XDG_RUNTIME_DIR": "", "TMPDIR": long]) == "/tmp")
  }

  // MARK: - Who is not listened to

  private func hello(_ token: SignToken, rank: Int = 0, ranks: Int = 2) -> String {
    LifeMessage.hello(token, SignHost(name: "raw", rank: rank, ranks: ranks)).line
  }

  @Test("a wrong token gets no answer", arguments: Kind.allCases.filter { $0 != .ipv6 })
  func wrongToken(_ kind: Kind) throws {
    let listener = try listener(kind)
    let token = listener.environment.token
    // The half that others can see is not enough.
    let half = try #require(SignToken(digits: token.publicDigits + SignToken().publicDigits))
    for wrong in [SignToken(), half] {
      let connection = try RawConnection(listener.environment.addresses[0])
      connection.send((hello(wrong) + LifeMessage.end(.done, code: 0).line).utf8)
      let answer = connection.answer()
      #expect(answer.bytes.isEmpty && answer.isOver)
    }
    let right = try RawConnection(listener.environment.addresses[0])
    right.send(hello(token).utf8)
    #expect(right.answer(8).bytes == Array("heard 0\n".utf8))
    #expect(try queue.first { _ in true } == .opened(host: "raw", leader: 0, ranks: 2))
    #expect(queue.all(within: 0).isEmpty)
    listener.close()
  }

  @Test("an old token is a wrong one, and its connections are closed")
  func oldToken() throws {
    let listener = try listener()
    let old = listener.environment
    var timing = TestedJob.timing
    timing.reconnecting = 0.1
    let job = TestedJob(old, boards: boards, timing: timing)
    _ = try queue.signs(of: [0, 1])
    let new = listener.renewToken()
    _ = queue.all(within: 0)
    #expect(new.addresses == old.addresses && new.token != old.token)
    #expect(eventually { job.lost.value == 1 })
    #expect(queue.all(within: 0).isEmpty)
    job.stop()
    let next = TestedJob(new, boards: boards)
    #expect(try queue.first { _ in true } == .opened(host: "a", leader: 0, ranks: 2))
    next.stop()
    listener.close()
    #expect(isClean)
  }

  @Test("the token can be renewed by what hears an event, and the rest of that connection does not count")
  func renewedInside() throws {
    let (queue, said) = (queue, Mutexed<LifeSignListener?>(nil))
    let listener = try LifeSignListener(.thisHost(parent: sockets), boards: boards) { event in
      queue.put(event)
      if case .begun = event { said.value?.renewToken() }
    }
    said.value = listener
    let connection = try RawConnection(listener.environment.addresses[0])
    connection.send((hello(listener.environment.token) + "begin 2 0\nend done 0\nbeat 1\n").utf8)
    #expect(connection.answer().isOver)
    #expect(queue.all(within: 0) == [.opened(host: "raw", leader: 0, ranks: 2), .begun(ranks: 2, step: 0)])
    listener.close()
    said.value = nil
  }

  @Test("whoever says what means nothing is not listened to any longer, and the others are")
  func hostile() throws {
    let listener = try listener(.ipv4)
    let token = listener.environment.token
    let job = TestedJob(listener.environment, boards: boards)
    _ = try queue.signs(of: [0, 1])
    let endless = String(repeating: "x", count: 1 << 16)
    let first = ["GET / HTTP/1.1\r\n\r\n", endless, "\0\0\0\n", "heard 0\n", "beat 1\n", "sign 0 1 2 computing 3 0\n"]
    for text in first {
      let connection = try RawConnection(listener.environment.addresses[0])
      connection.send(text.utf8)
      let answer = connection.answer()
      #expect(answer.bytes.isEmpty && answer.isOver, "\(text.prefix(40))")
    }
    let later = [
      hello(token, rank: 1), endless, "\u{1b}\n", "heard 0\n", "\n", "begin 3 0\n", "sign 2 1 2 computing 3 0\n",
    ]
    for text in later {
      let connection = try RawConnection(listener.environment.addresses[0])
      connection.send(hello(token, rank: 1).utf8)
      #expect(connection.answer(8).bytes == Array("heard 0\n".utf8))
      connection.send(text.utf8)
      let answer = connection.answer()
      #expect(answer.bytes.isEmpty && answer.isOver, "\(text.prefix(40))")
      #expect(try queue.first { isClosed($0) } == .closed(host: "raw", leader: 1))
    }
    _ = try queue.signs(of: [0, 1])
    #expect(job.lost.value == 0)
    job.stop()
    listener.close()
  }

  @Test("those that say nothing give way, and are closed in time")
  func silentConnections() throws {
    let listener = try listener(.ipv4, mostConnections: 3)
    let address = listener.environment.addresses[0]
    let silent = try (0..<8).map { _ in try RawConnection(address) }
    let job = TestedJob(listener.environment, boards: boards)
    _ = try queue.signs(of: [0, 1])
    for connection in silent.prefix(5) { #expect(connection.answer().isOver) }
    job.stop()
    listener.close()
    let impatient = try self.listener(.ipv4, hello: 0.05)
    let late = try RawConnection(impatient.environment.addresses[0])
    late.send("hello 1 ".utf8)
    #expect(late.answer().isOver)
    impatient.close()
  }

  @Test("no more connections than allowed, where all have the token")
  func mostConnections() throws {
    let listener = try listener(.ipv4, mostConnections: 2)
    let address = listener.environment.addresses[0]
    let taken = try (0..<2).map { rank in
      let connection = try RawConnection(address)
      connection.send(hello(listener.environment.token, rank: rank).utf8)
      #expect(connection.answer(8).bytes.count == 8)
      return connection
    }
    #expect(try RawConnection(address).answer().isOver)
    taken[1].send("beat 1\n".utf8)
    #expect(taken[1].answer(8).bytes == Array("heard 1\n".utf8))
    listener.close()
  }

  @Test("a host's new connection takes the place of its old one")
  func replaced() throws {
    let listener = try listener(.ipv4)
    let (address, token) = (listener.environment.addresses[0], listener.environment.token)
    let old = try RawConnection(address)
    old.send(hello(token).utf8)
    #expect(old.answer(8).bytes.count == 8)
    let new = try RawConnection(address)
    new.send(hello(token).utf8)
    #expect(new.answer(8).bytes.count == 8)
    #expect(old.answer().isOver)
    let opened = SignEvent.opened(host: "raw", leader: 0, ranks: 2)
    for event in [opened, .closed(host: "raw", leader: 0), opened] { #expect(try queue.first { _ in true } == event) }
    #expect(queue.all(within: 0).isEmpty)
    listener.close()
  }

  // MARK: - What networks do

  /// An address of this host where nobody listens.
  private func closedAddress() throws -> SignAddress {
    try ListeningSockets(.network([try #require(IPAddress("127.0.0.1"))])).addresses[0]
  }

  @Test("nobody ever answers: exactly one line, and the run goes on")
  func neverConnected() throws {
    let silent = try ListeningSockets(.thisHost(parent: sockets))
    var timing = TestedJob.timing
    (timing.connecting, timing.answer) = (0.1, 0.03)
    let addresses = [try closedAddress(), .unix(path: "\(folder.path)/none")] + silent.addresses
    let job = TestedJob(SignEnvironment(addresses: addresses, token: SignToken()), boards: boards, timing: timing)
    #expect(eventually { !job.said.lines.isEmpty })
    #expect(!job.senders[0].end(.done, code: 0))
    job.stop()
    let tried = addresses.map(\.description).joined(separator: ", ")
    #expect(job.said.lines == ["no signs of life are given: no supervisor answers at \(tried)"])
    #expect(job.lost.value == 0)
    silent.remove()
    #expect(isClean)
  }

  @Test("a board that is somebody else's: one line for each rank that sees it, with its name")
  func foreignBoard() throws {
    let listener = try listener()
    let path = HostBoard.path(listener.environment.token, leader: 0, parent: boards)
    try #require(mkdir(path, 0o755) == 0 && chmod(path, 0o755) == 0)
    let job = TestedJob(listener.environment, boards: boards)
    let line = "no signs of life are given: the folder \(path): has mode 0755 instead of 0700"
    #expect(eventually { job.said.lines == [line, line] })
    job.stop()
    listener.close()
    rmdir(path)
    #expect(isClean)
  }

  @Test("a lost connection is made anew, and what was not confirmed is said again")
  func reconnected() throws {
    let listener = try listener(.ipv4)
    let proxy = try SignProxy(to: listener.environment.addresses[0])
    let environment = SignEnvironment(addresses: [proxy.address], token: listener.environment.token)
    let job = TestedJob(environment, boards: boards)
    _ = try queue.signs(of: [0, 1])
    proxy.set(.resetting)
    _ = try queue.first { isClosed($0) }
    job.step.add()
    job.senders[0].begin(ranks: 2, step: 1)
    #expect(eventually { proxy.accepted.value > 3 })
    #expect(job.lost.value == 0 && queue.all(within: 0).isEmpty)
    proxy.set(.passing)
    #expect(try queue.first { _ in true } == .opened(host: "a", leader: 0, ranks: 2))
    #expect(try queue.first { if case .begun = $0 { true } else { false } } == .begun(ranks: 2, step: 1))
    _ = try queue.signs(of: [0, 1], from: 1)
    job.stop()
    proxy.stop()
    listener.close()
    #expect(job.lost.value == 0 && job.said.lines.isEmpty && isClean)
  }

  @Test("lost for longer than allowed: the leader alone is told, once")
  func lost() throws {
    let listener = try listener(.ipv4)
    let proxy = try SignProxy(to: listener.environment.addresses[0])
    let environment = SignEnvironment(addresses: [proxy.address], token: listener.environment.token)
    var timing = TestedJob.timing
    timing.reconnecting = 0.2
    let job = TestedJob(environment, boards: boards, timing: timing)
    _ = try queue.signs(of: [0, 1])
    proxy.set(.resetting)
    #expect(eventually { job.lost.value > 0 })
    proxy.set(.passing)
    #expect(!job.senders[0].end(.stopped, code: 130))
    job.stop()
    proxy.stop()
    listener.close()
    #expect(job.lost.value == 1 && job.said.lines.isEmpty && isClean)
  }

  @Test("a slow network makes signs late, not fewer kinds of them")
  func late() throws {
    let listener = try listener(.ipv4)
    let proxy = try SignProxy(to: listener.environment.addresses[0])
    proxy.set(.late(30))
    let environment = SignEnvironment(addresses: [proxy.address], token: listener.environment.token)
    let job = TestedJob(environment, boards: boards)
    job.senders[0].begin(ranks: 2, step: 0)
    _ = try queue.first { if case .begun = $0 { true } else { false } }
    _ = try queue.signs(of: [0, 1])
    #expect(job.senders[0].end(.diverged, code: 3))
    #expect(queue.all(within: 0).contains(.ended(.diverged, code: 3)))
    job.stop()
    proxy.stop()
    listener.close()
    #expect(job.lost.value == 0 && job.said.lines.isEmpty)
  }

  @Test("a network that stands still, or a supervisor that is stopped, is not lost, and gets no flood afterwards")
  func stalled() throws {
    let listener = try listener(.ipv4)
    let proxy = try SignProxy(to: listener.environment.addresses[0])
    let environment = SignEnvironment(addresses: [proxy.address], token: listener.environment.token)
    var timing = TestedJob.timing
    (timing.reconnecting, timing.lastWord) = (0.05, 0.1)
    let job = TestedJob(environment, boards: boards, timing: timing)
    _ = try queue.signs(of: [0, 1])
    proxy.set(.stalled)
    _ = queue.all(within: 0.3)
    job.step.add()
    // Thirty intervals later nothing more has been sent than may be without an answer.
    #expect(!job.senders[0].end(.stopped, code: 130))
    proxy.set(.passing)
    var signs = 0
    _ = try queue.first {
      if case .signs = $0 { signs += 1 }
      return $0 == .ended(.stopped, code: 130)
    }
    #expect(signs <= Conversation.mostUnanswered)
    job.stop()
    proxy.stop()
    listener.close()
    #expect(job.lost.value == 0 && proxy.accepted.value == 1)
  }

  @Test("the last word survives a connection that is lost with it")
  func lastWordAgain() throws {
    let listener = try listener(.ipv4)
    let proxy = try SignProxy(to: listener.environment.addresses[0])
    let environment = SignEnvironment(addresses: [proxy.address], token: listener.environment.token)
    let job = TestedJob(environment, boards: boards)
    _ = try queue.signs(of: [0, 1])
    proxy.set(.stalled)
    let confirmed = Flag()
    let sender = job.senders[0]
    let thread = try #require(SignalFreeThread { if sender.end(.diskFull, code: 74) { confirmed.set() } })
    proxy.set(.resetting)
    _ = try queue.first { isClosed($0) }
    #expect(!confirmed.value)
    proxy.set(.passing)
    _ = try queue.first { $0 == .ended(.diskFull, code: 74) }
    thread.join()
    #expect(confirmed.value)
    job.stop()
    proxy.stop()
    listener.close()
  }

  @Test("stop does not wait for an answer that never comes")
  func stoppedWhileConnecting() throws {
    let silent = try ListeningSockets(.thisHost(parent: sockets))
    let job = TestedJob(SignEnvironment(addresses: silent.addresses, token: SignToken()), boards: boards)
    let begin = monotonicNanoseconds()
    job.stop()
    job.stop()
    // The answer alone would be waited for 3 s.
    #expect(monotonicNanoseconds() - begin < 2_000_000_000)
    #expect(job.said.lines.isEmpty && job.lost.value == 0)
    silent.remove()
    #expect(isClean)
  }
}

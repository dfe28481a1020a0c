import Files
import Glibc
import Testing

@testable import Launch

@Suite("what life signs do to the process around them") struct ThreadTests {
  @Test("their threads handle no signal, and the one that makes them goes on as before")
  func signals() throws {
    @Sendable func masked() -> [CInt] {
      var mask = sigset_t()
      pthread_sigmask(SIG_SETMASK, nil, &mask)
      return [SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGHUP, SIGCHLD, SIGPIPE].filter { sigismember(&mask, $0) == 1 }
    }
    let before = masked()
    let seen = Mutexed<[CInt]>([])
    let thread = try #require(SignalFreeThread { seen.value = masked() })
    #expect(!thread.isCurrent)
    thread.join()
    #expect(seen.value == [SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGHUP, SIGCHLD, SIGPIPE])
    #expect(masked() == before)
  }

  @Test("a listener's thread that begins after the token is renewed is not waited for")
  func lateThread() throws {
    let state = try #require(ListenerState())
    let generation = state.renew()
    _ = ListenerLoop(listening: [], state: state, mostConnections: 1, hello: 1) { _ in }
    #expect(state.current.settled == generation)
  }

  @Test("no program that is started inherits a socket")
  func descriptors() throws {
    func isInherited(_ number: CInt) -> Bool { fcntl(number, F_GETFD) & FD_CLOEXEC == 0 }
    let here = try #require(IPAddress("127.0.0.1"))
    let listening = try ListeningSockets(.network([here]))
    let peer = SocketAddress(listening.addresses[0])
    let near = try #require(Descriptor.socket(for: peer))
    _ = peer.withPointer { connect(near.number, $0, $1) }
    var request = pollfd(fd: listening.sockets[0].number, events: Int16(POLLIN), revents: 0)
    try #require(poll(&request, 1, 20_000) == 1)
    let far = try #require(listening.sockets[0].accept())
    let wake = try #require(Wake())
    for number in [listening.sockets[0].number, near.number, far.number, wake.request.fd] {
      #expect(!isInherited(number))
      #expect(number == wake.request.fd || fcntl(number, F_GETFL) & O_NONBLOCK != 0)
    }
  }

  @Test("a connection that the other side has closed is over, without a signal")
  func noSignal() throws {
    var pair: [CInt] = [-1, -1]
    try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &pair) == 0)
    close(pair[1])
    var connection = LineConnection(Descriptor(pair[0]))
    // The signal would go to this thread, and wait for it here.
    var (pipe, before, waiting) = (sigset_t(), sigset_t(), sigset_t())
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipe, &before)
    let isOpen = connection.send([.beat(1)])
    sigpending(&waiting)
    pthread_sigmask(SIG_SETMASK, &before, nil)
    #expect(!isOpen && sigismember(&waiting, SIGPIPE) == 0)
  }

  @Test("what the other side does not take is kept, in order")
  func partialSends() throws {
    var pair: [CInt] = [-1, -1]
    try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &pair) == 0)
    var (sender, receiver) = (LineConnection(Descriptor(pair[0])), LineConnection(Descriptor(pair[1])))
    let numbers = Array(0..<60_000)
    var isOpen = sender.send(numbers.map { .beat($0) })
    #expect(isOpen && sender.waiting > 0)
    var received: [[UInt8]] = []
    let deadline = Deadline(in: 20)
    while received.count < numbers.count, isOpen, !deadline.isOver {
      let lines = receiver.receive()
      received += try #require(lines)
      isOpen = sender.send()
    }
    #expect(received == numbers.map { Array("beat \($0)".utf8) })
    #expect(sender.waiting == 0)
  }

  @Test("a queue that is full leaves out signs alone")
  func fullQueue() throws {
    let queue = try SignQueue(mostSigns: 2)
    for _ in 0..<5 { queue.put(.signs([])) }
    queue.put(.ended(.done, code: 0))
    #expect((0..<4).map { _ in queue.next(within: 0) } == [.signs([]), .signs([]), .ended(.done, code: 0), nil])
  }
}

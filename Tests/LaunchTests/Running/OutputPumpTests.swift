import Files
import Glibc
import Testing

@testable import Launch

@Suite("a job's output") struct OutputPumpTests {
  /// A pipe, for what a pump passes on.
  private struct Pipe {
    let reading: Descriptor
    let writing: Descriptor

    init() throws {
      var ends: [CInt] = [-1, -1]
      try #require(pipe(&ends) == 0)
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      (reading, writing) = (Descriptor(ends[0]), Descriptor(ends[1]))
    }

    /// What is in it now, or comes until there are so many bytes.
    func bytes(_ count: Int = 0) -> [UInt8] {
      var found: [UInt8] = []
      let deadline = Deadline(in: 20)
      while true {
        var request = pollfd(fd: reading.number, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, found.count < count ? deadline.milliseconds : 0) > 0 else { return found }
        var part = [UInt8](repeating: 0, count: 1 << 16)
        let got = read(reading.number, &part, part.count)
        guard got > 0 else { return found }
        found += part[..<got]
      }
    }

    func text(_ count: Int = 0) -> String { String(decoding: bytes(count), as: UTF8.self) }
  }

  private func pump(
    to target: CInt, dropsBoxes: Bool = false, lost: @escaping @Sendable (OutputLoss) -> Void = { _ in }
  ) throws -> (pump: OutputPump, writing: Mutexed<Descriptor?>) {
    let pump = try #require(OutputPump(to: target, dropsBoxes: dropsBoxes, lost: lost))
    return (pump, Mutexed(Descriptor(pump.writeEnd)))
  }

  private func send(_ text: String, to writing: Mutexed<Descriptor?>) {
    let bytes = Array(text.utf8)
    _ = writing.value.map { write($0.number, bytes, bytes.count) }
  }

  private static let rule = String(repeating: "-", count: 74)
  private static let box = "\(rule)\nPrimary job  terminated normally, but 1\n\(rule)\n"

  @Test("comes out as it went in, before the job has ended and after") func passes() throws {
    let pipe = try Pipe()
    let (pump, writing) = try pump(to: pipe.writing.number)
    send("step 1", to: writing)
    #expect(pipe.text(6) == "step 1")
    let rest = String(repeating: "é\n", count: 5000) + Self.box
    send(rest, to: writing)
    writing.value = nil
    pump.finish()
    #expect(pipe.text() == rest)
  }

  @Test("boxes are dropped where that is wanted, and what was held back comes at the end") func boxes() throws {
    let pipe = try Pipe()
    let (pump, writing) = try pump(to: pipe.writing.number, dropsBoxes: true)
    send("why\n\(Self.box)after\n\(Self.rule)", to: writing)
    writing.value = nil
    pump.finish()
    #expect(pipe.text() == "why\nafter\n\(Self.rule)")
  }

  @Test("the pipe is no other process's") func closedOnStart() throws {
    let pipe = try Pipe()
    let (pump, writing) = try pump(to: pipe.writing.number)
    #expect(fcntl(pump.writeEnd, F_GETFD) & FD_CLOEXEC != 0)
    writing.value = nil
    pump.finish()
  }

  @Test("a reader that leaves is told of once, and the job is not held up") func readerLeaves() throws {
    var pipe: Pipe? = try Pipe()
    let target = Descriptor(dup(pipe?.writing.number ?? -1))
    _ = fcntl(target.number, F_SETFD, FD_CLOEXEC)
    let left = Counter()
    let (pump, writing) = try pump(to: target.number) { if $0 == .reader { left.add() } }
    send("a", to: writing)
    #expect(pipe?.text(1) == "a")
    pipe = nil
    // More than any pipe holds: it is read, and thrown away.
    for _ in 0..<40 { send(String(repeating: "x", count: 1 << 16), to: writing) }
    #expect(eventually { left.value > 0 })
    writing.value = nil
    pump.finish()
    #expect(left.value == 1)
  }

  @Test("a target that does not wait loses nothing") func nonBlocking() throws {
    let pipe = try Pipe()
    _ = fcntl(pipe.writing.number, F_SETFL, O_NONBLOCK)
    let left = Counter()
    let (pump, writing) = try pump(to: pipe.writing.number) { _ in left.add() }
    let many = String(repeating: "0123456789abcdef", count: 1 << 14)
    let sender = SignalFreeThread { [self] in send(many, to: writing) }
    #expect(pipe.bytes(many.utf8.count) == Array(many.utf8))
    try #require(sender).join()
    writing.value = nil
    pump.finish()
    #expect(left.value == 0)
  }

  @Test("a reader that does not read is waited for, and known to be, until nobody waits any more") func patience()
    throws
  {
    let pipe = try Pipe()
    let left = Counter()
    let (pump, writing) = try pump(to: pipe.writing.number) { if $0 == .reader { left.add() } }
    #expect(!pump.waitsForReader)
    // More than two pipes hold.
    let many = String(repeating: "0123456789abcdef", count: 1 << 16)
    let sender = SignalFreeThread { [self] in send(many, to: writing) }
    #expect(eventually { pump.waitsForReader })
    let part = pipe.bytes(1 << 17)
    #expect(part == Array(many.utf8.prefix(part.count)))
    #expect(eventually { pump.waitsForReader })
    #expect(left.value == 0)
    pump.giveUpWaiting()
    try #require(sender).join()
    writing.value = nil
    pump.finish()
    #expect(!pump.waitsForReader && left.value == 1)
  }

  @Test("what can be written without a wait is, after all patience") func atOnce() throws {
    let pipe = try Pipe()
    let (pump, writing) = try pump(to: pipe.writing.number)
    pump.giveUpWaiting()
    send("last words", to: writing)
    writing.value = nil
    pump.finish()
    #expect(pipe.text() == "last words")
  }

  @Test("a full disk loses what it has no room for, and is no reader that leaves") func fullDisk() throws {
    let full = Descriptor(open("/dev/full", O_WRONLY | O_CLOEXEC))
    let losses = Mutexed<[OutputLoss]>([])
    let (pump, writing) = try pump(to: full.number) { losses.value.append($0) }
    for _ in 0..<40 { send(String(repeating: "x", count: 1 << 16), to: writing) }
    writing.value = nil
    pump.finish()
    #expect(losses.value.first == .bytes(ENOSPC) && Set(losses.value.map { "\($0)" }).count == 1)
    withExtendedLifetime(full) {}
  }

  @Test("a process that is left over and holds the pipe open is not waited for") func leftOver() throws {
    let pipe = try Pipe()
    let (pump, writing) = try pump(to: pipe.writing.number)
    let process = try TestProcess.stopped(after: "echo left", output: pump.writeEnd)
    #expect(pipe.text(5) == "left\n")
    send("last", to: writing)
    writing.value = nil
    pump.finish()
    #expect(pipe.text() == "last")
    #expect(process.isRunning)
  }

  @Test("nor is one that writes on and on") func endless() throws {
    let null = Descriptor(open("/dev/null", O_WRONLY | O_CLOEXEC))
    let (pump, writing) = try pump(to: null.number)
    let process = try TestProcess("/usr/bin/yes", output: pump.writeEnd)
    writing.value = nil
    pump.finish()
    #expect(process.isRunning)
    withExtendedLifetime(null) {}
  }
}

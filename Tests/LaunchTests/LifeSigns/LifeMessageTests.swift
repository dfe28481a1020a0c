import Testing
import Values

@testable import Launch

@Suite("lines of life signs") struct LifeMessageTests {
  private static let token = SignToken()
  private static let host = SignHost(name: "node-1.lan", rank: 4, ranks: 8)

  private static let messages: [LifeMessage] =
    RunStage.allCases.map { stage in
      .sign(
        LifeSign(
          rank: 7, process: .max, host: host.name, step: 1 << 60, stage: stage, seconds: Int(Int32.max), silentFor: 12))
    } + JobEnding.allCases.map { .end($0, code: 255) }
    + [
      .sign(LifeSign(rank: 0, process: 1, host: host.name, step: 0, stage: .starting, seconds: 0)),
      .begin(ranks: 8, step: 500), .beat(0), .beat(17), .heard(0), .heard(Int.max >> 1),
    ]

  @Test("are read as they are written", arguments: messages)
  func roundTrip(_ message: LifeMessage) throws {
    let line = message.line
    #expect(line.hasSuffix("\n") && line.utf8.count <= LifeMessage.longestLine)
    #expect(LifeMessage(Array(line.utf8.dropLast()), from: Self.host) == message)
  }

  @Test("hello is the first line, and only the first")
  func hello() {
    let longest = SignHost(name: String(repeating: "h", count: 255), rank: (1 << 24) - 1, ranks: 1 << 24)
    for host in [Self.host, longest] {
      let message = LifeMessage.hello(Self.token, host)
      #expect(LifeMessage(Array(message.line.utf8.dropLast()), from: nil) == message)
      #expect(message.line.utf8.count <= LifeMessage.longestLine)
    }
    for message in Self.messages {
      if case .heard = message { continue }
      #expect(LifeMessage(Array(message.line.utf8.dropLast()), from: nil) == nil)
    }
  }

  static let hostile: [String] = [
    "", " ", "sign", "sign ", "sign 1 2 3 computing 4", "sign 1 2 3 computing 4 0 0", "sign  1 2 3 computing 4 0",
    "Sign 1 2 3 computing 4 0", "sign 8 2 3 computing 4 0", "sign -1 2 3 computing 4 0", "sign 1 0 3 computing 4 0",
    "sign 1 2147483648 3 computing 4 0", "sign 1 2 -3 computing 4 0", "sign 1 2 03 computing 4 0",
    "sign 1 2 +3 computing 4 0", "sign 1 2 1152921504606846977 computing 4 0",
    "sign 1 2 99999999999999999999999999999999 computing 4 0", "sign 1 2 3 Computing 4 0", "sign 1 2 3  4 0",
    "sign 1 2 3 sleeping 4 0", "sign 1 2 3 computing 2147483648 0", "sign 1 2 3 computing 4 -1",
    "sign 1 2 3 computing 4 0 ", "sign\t1 2 3 computing 4 0", "sign 1 2 3 computing 4 0\r", "sign 1 2 ３ computing 4 0",
    "sign 1 2 3e0 computing 4 0", "sign 1 2 0x3 computing 4 0", "sign 1 2 3 computing 4 0\0", "begin 7 5", "begin 9 5",
    "begin 8 -1", "begin 8", "begin 0 0", "end done 256", "end done -1", "end Done 0", "end done", "end  0",
    "end finished 0", "beat -1", "beat", "beat 9223372036854775807", "heard x", "hello", "GET / HTTP/1.1",
    "\u{1b}[2J", "sign 1 2 3 \u{e9} 4 0",
  ]

  @Test("that mean nothing are refused", arguments: hostile)
  func refused(_ line: String) {
    #expect(LifeMessage(Array(line.utf8), from: Self.host) == nil)
    #expect(LifeMessage(Array(line.utf8), from: nil) == nil)
  }

  @Test("hello with anything wrong is refused")
  func refusedHello() {
    let token = Self.token.digits
    let lines = [
      "hello 2 \(token) 0 8 a", "hello 1 \(token) 8 8 a", "hello 1 \(token) 0 0 a", "hello 1 \(token) 0 16777217 a",
      "hello 1 \(token.dropLast()) 0 8 a", "hello 1 \(token)0 0 8 a", "hello 1 \(token.uppercased())G 0 8 a",
      "hello 1 \(token) 0 8 ", "hello 1 \(token) 0 8", "hello 1 \(token) 0 8 a b", "hello 1 \(token) 0 8 a\u{1b}",
      "hello 1 \(token) 0 8 ä", "hello 1 \(token) 0 8 a\nsign", "hello 1 \(token) -1 8 a",
      "hello 1 \(token) 0 -8 a", "hello 1 \(token) 0 8 \(String(repeating: "h", count: 256))",
    ]
    for line in lines { #expect(LifeMessage(Array(line.utf8), from: nil) == nil, "\(line)") }
  }

  @Test("any bytes are read without harm, and only what is written is understood")
  func anyBytes() throws {
    var generator = SeededGenerator(seed: 7)
    let valid = Array("sign 1 2 3 computing 4 0".utf8)
    var understood = 0
    for _ in 0..<20_000 {
      var line = valid
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        line[Int.random(in: 0..<line.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      guard let message = LifeMessage(line, from: Self.host) else { continue }
      understood += 1
      #expect(Array(message.line.utf8.dropLast()) == line)
    }
    #expect(understood > 0)
  }

  @Test("host names that cannot be sent are made so")
  func names() {
    #expect(SignHost.sendable(name: "node-1.lan") == "node-1.lan")
    #expect(SignHost.sendable(name: "a b\nc\u{7f}é") == "a?b?c???")
    #expect(SignHost.sendable(name: "") == "?")
    let long = SignHost.sendable(name: String(repeating: "x", count: 1000))
    #expect(SignHost.isValid(name: long.utf8) && long.utf8.count == 255)
  }
}

@Suite("bytes into lines") struct LineSplitterTests {
  @Test("however they were cut", arguments: 1...7)
  func cuts(_ size: Int) throws {
    let text = Array("one\n\nthree and more\nrest".utf8)
    var splitter = LineSplitter(longest: 14)
    var lines: [String] = []
    for start in stride(from: 0, to: text.count, by: size) {
      let some = splitter.add(text[start..<min(start + size, text.count)])
      lines += try #require(some).map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(lines == ["one", "", "three and more"])
    let rest = splitter.add("\n".utf8)
    #expect(rest == [Array("rest".utf8)])
  }

  @Test("a line that never ends is refused, and not kept")
  func endless() {
    var splitter = LineSplitter(longest: 400)
    let (full, more) = (splitter.add([UInt8](repeating: 65, count: 400)), splitter.add([65]))
    #expect(full == [] && more == nil)
    var other = LineSplitter(longest: 3)
    let second = other.add("abc\nabcd\n".utf8)
    #expect(second == nil)
  }
}

/// The same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state ^ (state >> 29)) &* 0x9E37_79B9_7F4A_7C15
  }
}

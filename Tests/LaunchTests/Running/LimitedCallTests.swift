import Glibc
import TestSupport
import Testing

@testable import Launch

@Suite("a program that may hang") struct LimitedCallTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func call(_ script: String, within seconds: Double = 200, most: Int = 100) throws -> LimitedCall {
    LimitedCall(words: [try folder.script("program", script)], seconds: seconds, most: most)
  }

  @Test("is heard, whatever it ends with") func answers() async throws {
    #expect(
      try await call("echo well; echo but >&2; exit 3").answer() == .init(code: 3, output: "well\n", errors: "but\n"))
    #expect(try await call("kill -9 $$").answer() == .init(code: 137, output: "", errors: ""))
    #expect(try call("printf 'no end'").wait() == .init(code: 0, output: "no end", errors: ""))
    #expect(LimitedCall(words: ["sh", "-c", "echo $#", "a b", "c"], seconds: 200).wait()?.output == "1\n")
    #expect(LimitedCall(words: [folder.path("none")], seconds: 200).wait() == nil)
    #expect(LimitedCall(words: [], seconds: 200).wait() == nil)
  }

  @Test("has nothing to read, and signals as they are from the start") func surroundings() throws {
    #expect(try call("cat; echo end").wait()?.output == "end\n")
    let masks = try #require(try call("grep -E '^Sig(Blk|Ign)' /proc/self/status").wait()).output
      .split(whereSeparator: \.isWhitespace).compactMap { UInt64($0, radix: 16) }
    // But for 32 and 33, which are the C library's own.
    #expect(masks.map { $0 & ~0x1_8000_0000 } == [0, 0])
  }

  @Test("of what it says the beginning is kept, all of it is read") func long() throws {
    let many = "head -c 1000000 /dev/zero | tr '\\0' x"
    let answer = try #require(try call("\(many); \(many) >&2; exit 4").wait())
    #expect(
      answer == .init(code: 4, output: String(repeating: "x", count: 100), errors: String(repeating: "x", count: 100)))
    #expect(try call("printf '%0500000d' 0", most: 1 << 20).wait()?.output.utf8.count == 500_000)
  }

  @Test(
    "is killed after the time, with all that it has started",
    arguments: [
      "sleep 1000", "trap '' TERM INT HUP; sleep 1000 & echo $! >\"$0.number\"; wait", "exec sleep 1000",
      "kill -STOP $$",
      "while :; do echo; done", "exec >&- 2>&-; sleep 1000",
    ])
  func hangs(script: String) throws {
    let began = ContinuousClock.now
    // Its number, or that of what it has started.
    #expect(try call("echo $$ >\"$0.number\"; \(script)", within: 1).wait() == nil)
    // Far more than it takes on a busy machine.
    #expect(.seconds(1)..<(.seconds(100)) ~= ContinuousClock.now - began)
    #expect(eventually { !isRunning() })
  }

  @Test("is killed when nobody wants its answer any more") func cancelled() async throws {
    let call = try call("echo $$ >\"$0.number\"; exec sleep 1000")
    let asked = Task { await call.answer() }
    #expect(await eventuallyInTask { (try? folder.text("program.number"))?.hasSuffix("\n") == true })
    asked.cancel()
    #expect(await asked.value == nil)
    #expect(eventually { !isRunning() })
  }

  @Test("what it leaves behind is not waited for") func leftOver() throws {
    let began = ContinuousClock.now
    #expect(try call("sleep 1000 & echo $! >\"$0.number\"; echo well").wait()?.output == "well\n")
    #expect(ContinuousClock.now - began < .seconds(100))
    #expect(isRunning())
    if let number = number() { kill(number, SIGKILL) }
  }

  @Test("many at once") func many() async throws {
    let call = try call("sleep 0.2; echo well")
    let answers = await withTaskGroup(of: String?.self) { group in
      for _ in 0..<50 { group.addTask { await call.answer()?.output } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers == Array(repeating: "well\n", count: 50))
  }

  /// That the program has written down.
  private func number() -> pid_t? {
    (try? folder.text("program.number")).flatMap { pid_t($0.prefix(while: \.isNumber)) }
  }

  /// Whether that process is there, and no zombie.
  private func isRunning() -> Bool {
    guard let number = number() else { return true }
    let state = SystemFiles().text("/proc/\(number)/stat")?.split(separator: ")").last?.prefix(2)
    return state != nil && state != " Z"
  }

  /// Without holding the thread that another task may need.
  private func eventuallyInTask(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<10_000 where !condition() { try? await Task.sleep(for: .milliseconds(10)) }
    return condition()
  }
}

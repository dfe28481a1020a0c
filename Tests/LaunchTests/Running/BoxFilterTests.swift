import TestSupport
import Testing

@testable import Launch

@Suite("mpirun's words after an exit code") struct BoxFilterTests {
  private static let rule = String(repeating: "-", count: 74)

  /// As mpirun writes it.
  private static func box(_ lines: String...) -> String {
    "\(rule)\n\(lines.map { $0 + "\n" }.joined())\(rule)\n"
  }

  private static let primary = box(
    "Primary job  terminated normally, but 1 process returned",
    "a non-zero exit code. Per user-direction, the job has been aborted.")
  private static func status(_ name: String) -> String {
    box(
      "\(name) detected that one or more processes exited with non-zero status, thus causing",
      "the job to be terminated. The first process to do so was:", "", "  Process name: [[46386,1],1]",
      "  Exit code:    3")
  }
  private static let killed = box(
    "mpirun noticed that process rank 1 with PID 0 on node a exited on signal 9 (Killed).")
  private static let missing = box("mpirun was unable to find the specified executable file: /none", "", "Node: a")

  /// Texts, and what of them is passed on.
  private static let cases: [(text: String, passed: String)] =
    // None of the three boxes.
    [primary, status("mpirun"), status("prterun"), primary + status("mpirun"), status("mpirun") + status("prterun")]
    .map { ($0, "") } + [
      ("why: no memory\n" + primary + status("mpirun") + "launch: done\n", "why: no memory\nlaunch: done\n"),
      (killed + primary, killed), (primary + killed, killed),
      (primary + missing + status("mpirun") + "x", missing + "x"),
      // What only ends like a rule, or only begins like one, does not end a box.
      ("\(rule)\nPrimary job  terminated normally, but \(rule)\nstill inside\n\(rule)\nafter\n", "after\n"),
      (primary.dropLast() + "-\nstill inside\n" + rule + "\nafter\n", "after\n"),
    ]
    // Byte for byte.
    + [
      "", "\n", "-", "--", "\n\n-\n", "a line\nanother", "no end", killed, missing, rule, rule + "\n",
      rule + "\n" + rule,
      rule + "\n" + rule + "\n", rule + "\n\n" + rule + "\n",
      "loss " + rule + "\nPrimary job  terminated normally, but no\n",
      "-" + rule + "\nPrimary job  terminated normally, but 1\n",
      rule.dropLast() + "\nPrimary job  terminated normally, but 1\n",
      rule + "\r\nPrimary job  terminated normally, but 1\n",
      rule + "\nPrimary job terminated normally, but 1\n" + rule + "\n",
      rule + "\nPrimary job  terminated norm", rule + "\nmpirun detected a thing\n" + rule + "\n",
      rule + "\n" + rule + "\n" + rule + "\nmpirun was\n", " " + primary.dropFirst(), "x" + primary,
      "\u{1b}[2K\r| step 3 |",
    ].map { ($0, $0) }
    + [
      (rule + "\n" + primary, rule + "\n"), (rule + "\n" + rule + "\n" + primary + "x\n", rule + "\n" + rule + "\nx\n"),
    ]

  private func passed(_ parts: [ArraySlice<UInt8>]) -> [UInt8] {
    var filter = BoxFilter()
    return parts.flatMap { filter.pass($0) } + filter.end()
  }

  @Test("are dropped, and all else passes byte for byte, however the bytes are cut", arguments: cases)
  func cuts(text: String, expected: String) {
    let bytes = Array(text.utf8)
    #expect(String(decoding: passed([bytes[...]]), as: UTF8.self) == expected)
    #expect(passed(bytes.indices.map { bytes[$0...$0] }) == Array(expected.utf8))
    let wrong = bytes.indices.filter { passed([bytes[..<$0], bytes[$0...]]) != Array(expected.utf8) }
    #expect(wrong == [])
  }

  @Test("random pieces of all that, and bytes that are no text, come to the same in every cut") func pieces() {
    var random = SeededRandom(seed: 7)
    let pieces =
      [Self.primary, Self.rule, Self.killed, "\n", "-", "mpirun detected", "x\n"].map { Array($0.utf8) }
      + [[0, 0xFF, 0x80, 0x0A], [0xC3]]
    var dropped = 0
    for _ in 0..<200 {
      let bytes = (0..<random.int(below: 8)).flatMap { _ in pieces[random.int(below: pieces.count)] }
      let whole = passed([bytes[...]])
      #expect(passed(bytes.indices.map { bytes[$0...$0] }) == whole)
      if whole.count < bytes.count { dropped += 1 }
      if !String(decoding: bytes, as: UTF8.self).contains("Primary") { #expect(whole == bytes) }
    }
    #expect(10..<190 ~= dropped)
  }

  @Test("what is no box passes at once, also a line without an end") func atOnce() {
    var filter = BoxFilter()
    for text in ["step 3", ", loss 2.1", "\n", "é", "> ", "no rule ---"] {
      #expect(String(decoding: filter.pass(text.utf8), as: UTF8.self) == text)
    }
    #expect(filter.pass("\n--".utf8) == [10])
    #expect(String(decoding: filter.pass("x".utf8), as: UTF8.self) == "--x")
    #expect(filter.end() == [])
  }

  /// Boxes whose end does not come, or too late; each is passed on whole.
  private static let endless: [String] = {
    let begun = "\(rule)\nPrimary job  terminated normally, but 1 process returned\n"
    let lines = String(repeating: "a line\n", count: BoxFilter.mostLines)
    let long = String(repeating: "é", count: BoxFilter.mostBytes)
    return [
      begun, String(primary.dropLast(10)), String(primary.dropLast()), begun + "step 3\nwhy: no memory\n",
      begun + lines, begun + lines + "after\n", begun + lines + rule + "\nafter\n", begun + long + "\n" + rule + "\n",
      begun + long, begun + String(repeating: "x\n", count: 100_000), begun + lines + "\u{1b}[2K\r| step 3 |",
      // As long as it may be, to the byte, in the midst of what looks like a rule.
      begun + String(repeating: "x", count: BoxFilter.mostBytes - begun.utf8.count - 41) + "\n" + rule + "-\nafter\n",
    ]
  }()

  @Test("a box without an end takes nothing with it, however the bytes are cut", arguments: endless)
  func unended(text: String) {
    let bytes = Array(text.utf8)
    #expect(passed([bytes[...]]) == bytes)
    #expect(passed(bytes.indices.map { bytes[$0...$0] }) == bytes)
    let cuts = stride(from: 0, to: bytes.count, by: max(1, bytes.count / 300))
    #expect(cuts.allSatisfy { passed([bytes[..<$0], bytes[$0...]]) == bytes })
    // A box after it is dropped as ever, once it is certain that the first has no end.
    guard text.contains("\nafter") || text.hasSuffix("x\n") else { return }
    #expect(passed([Array((text + Self.primary + "x\n").utf8)[...]]) == bytes + Array("x\n".utf8))
  }

  @Test("as long as it may be, a box is dropped") func longest() {
    let begun = "\(Self.rule)\nPrimary job  terminated normally, but 1 process returned\n"
    let lines = String(repeating: "a line\n", count: BoxFilter.mostLines - 1)
    let long = String(repeating: "x", count: BoxFilter.mostBytes - begun.utf8.count - 2) + "\n"
    for inside in [lines, long] {
      let bytes = Array((begun + inside + Self.rule + "\nafter\n").utf8)
      #expect(passed([bytes[...]]) == Array("after\n".utf8))
      #expect(passed(bytes.indices.map { bytes[$0...$0] }) == Array("after\n".utf8))
    }
  }

  @Test("no more is held back of a box than it may have, and a rule") func bounded() {
    for line in ["x", "é\n", "-", "\(Self.rule)-"] {
      var filter = BoxFilter()
      var (given, passed) = (0, 0)
      for byte in (Self.primary.dropLast(Self.rule.count + 1) + String(repeating: line, count: 5000)).utf8 {
        (given, passed) = (given + 1, passed + filter.pass([byte]).count)
        #expect(given - passed <= BoxFilter.mostBytes + Self.rule.utf8.count + 1)
      }
      #expect(passed > 0)
    }
  }

  @Test("a filter that has come to an end begins anew") func anew() {
    var filter = BoxFilter()
    let part = Array(Self.primary.dropLast(10).utf8)
    #expect(filter.pass(part) == [])
    #expect(filter.end() == part)
    #expect(filter.pass("after\n".utf8) == Array("after\n".utf8))
    #expect(filter.end() == [])
  }
}

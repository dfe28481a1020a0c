import Chain
import Testing

@Suite("a link's text")
struct ChainLinkTests {
  private func sample() throws -> ChainLink {
    let root = try #require(Digest(hex: String(repeating: "ab", count: 32)))
    return ChainLink(
      number: 2, step: 40, previousStep: 20, previous: root, program: "0.1.0", names: .zeros, averagedSteps: 0,
      settings: ["steps": "100", "batch": "16", "earlier-steps": "60@40 80@60"],
      tensors: [TensorRoot(name: "wte", type: "F32", shape: [27, 16], root: root)])
  }

  @Test("it is written as documented")
  func text() throws {
    let (ab, zeros) = (String(repeating: "ab", count: 32), String(repeating: "0", count: 64))
    #expect(
      try sample().text == """
        link 1 of ddp-train
        number 2
        step 40
        previous 20 \(ab)
        program 0.1.0
        names \(zeros)
        averaged-steps 0
        setting batch 16
        setting earlier-steps 60@40 80@60
        setting steps 100
        tensor wte F32 27 16 \(ab)

        """)
  }

  @Test("its digest is the text's, and everything in it counts")
  func digest() throws {
    let hasher = try SHA256()
    let link = try sample()
    try hasher.update(Array(link.text.utf8))
    #expect(try hasher.finish() == link.digest(hasher))
    let changes: [(inout ChainLink) -> Void] = [
      { $0.number = 3 }, { $0.step = 41 }, { $0.previousStep = 19 }, { $0.previous = .zeros }, { $0.program = "0.1.1" },
      { $0.names = $0.previous }, { $0.averagedSteps = 1 }, { $0.settings["steps"] = "101" },
      { $0.settings["seed"] = "1" }, { $0.tensors = [] },
      { $0.tensors = [TensorRoot(name: "wte", type: "F32", shape: [16, 27], root: $0.tensors[0].root)] },
    ]
    var seen: Set = [try link.digest(hasher)]
    for change in changes {
      var other = link
      change(&other)
      #expect(seen.insert(try other.digest(hasher)).inserted)
    }
  }

  @Test("what could pass for another line is refused", arguments: ["1\nstep 3", "ä", "\u{7f}"])
  func values(text: String) throws {
    var link = try sample()
    link.settings["seed"] = text
    #expect(throws: ChainError.self) { _ = try link.text }
    link.settings["seed"] = "1"
    link.program = text
    #expect(throws: ChainError.self) { _ = try link.text }
  }

  @Test("a key, a program and a tensor are one word", arguments: ["", "a b"])
  func words(text: String) throws {
    var link = try sample()
    link.program = text
    #expect(throws: ChainError.self) { _ = try link.text }
    link = try sample()
    link.settings[text] = "1"
    #expect(throws: ChainError.self) { _ = try link.text }
  }
}

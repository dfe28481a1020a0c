import TestSupport
import Testing
import Values

@testable import Launch

/// The lines for shells, in home folders of their own. Tests/hosts/run has them on hosts.
@Suite("what is carried to hosts") struct CarryScriptTests {
  private let folder: TemporaryFolder
  private let words: [String]

  init() throws {
    folder = try TemporaryFolder("it's here")
    try folder.script("build/ddp-train", "echo chooses")
    try folder.script("build/ddp-train-for-v3", "echo v3")
    try folder.script("build/ddp-launch", "echo starts")
    try folder.script("project/data/names.txt", "anna")
    words = ["build/ddp-train", "build/ddp-launch", "project"].map(folder.path)
  }

  /// Runs a line in the home folder of that name.
  private func run(_ script: String, _ words: [String] = [], home: String) async throws -> LimitedCall.Answer {
    let call = ["env", "HOME=\(folder.path(home))", "sh", "-c", script, "carry"] + words
    return try #require(await LimitedCall(words: call, seconds: 60).answer())
  }

  /// Puts all together in the home folder "here".
  ///
  /// - Returns: the hash.
  private func staged() async throws -> String {
    let answer = try await run(CarryScript.stage, words, home: "here")
    #expect(answer.code == 0 && answer.errors == "")
    let path = try #require(answer.output.split(separator: "\n").last)
    let hash = String(path.suffix(64))
    #expect(CarryScript.isHash(hash) && path == "\(folder.path("here"))/.cache/ddp-train/\(hash)")
    return hash
  }

  @Test("the same files have the same folder, others another one, and nothing else is left there") func hashes()
    async throws
  {
    let hash = try await staged()
    #expect(try await staged() == hash)
    try folder.script("build/ddp-train-for-v3", "echo another")
    let other = try await staged()
    #expect(other != hash)
    let names = try await run("ls -A \"$HOME/.cache/ddp-train\"", home: "here").output
    #expect(Set(names.split(separator: "\n").map(String.init)) == [hash, other])
  }

  @Test("another host takes it, and has it then") func taking() async throws {
    let hash = try await staged()
    let there = "\(folder.path("there"))/.cache/ddp-train/\(hash)"
    #expect(try await run(CarryScript.look, [hash], home: "there").output == "lacking \(there)\n")
    let take = ["env", "HOME=\(folder.path("there"))", "sh", "-c", CarryScript.take, "carry", hash]
    let sent = try await run(
      CarryScript.send, ["\(folder.path("here"))/.cache/ddp-train/\(hash)"] + take, home: "here")
    #expect(sent == LimitedCall.Answer(code: 0, output: "", errors: ""))
    #expect(try await run(CarryScript.look, [hash], home: "there").output == "carried \(there)\n")
    let used = try await run(
      "\(shellWord(there))/bin/ddp-train-for-v3 && cat \(shellWord(there))/share/ddp-train/data/names.txt",
      home: "there")
    #expect(used.code == 0 && used.output.hasPrefix("v3\n") && used.output.hasSuffix("anna\n"))

    // What is no longer what it was is lacking; so is what came to half.
    _ = try await run("echo x >>\(shellWord(there))/bin/ddp-launch", home: "there")
    #expect(try await run(CarryScript.look, [hash], home: "there").output == "lacking \(there)\n")
    let half = try await run(
      "rm -rf \(shellWord(there)); printf x | \(take.map(shellWord).joined(separator: " "))", home: "there")
    #expect(half.code != 0)
    #expect(try await run("ls -A \"$HOME/.cache/ddp-train\"", home: "there").output == "")
  }

  @Test("what was carried is removed, and nothing else") func removing() async throws {
    #expect(try await run(CarryScript.remove, home: "here").output == "0\n")
    let hash = try await staged()
    _ = try await run(
      "cd \"$HOME/.cache/ddp-train\" && mkdir mine \(String(repeating: "a", count: 64)) && touch mine/carried",
      home: "here")
    #expect(try await run(CarryScript.remove, home: "here").output == "1\n")
    let names = try await run("ls -A \"$HOME/.cache/ddp-train\"", home: "here").output
    #expect(names == "\(String(repeating: "a", count: 64))\nmine\n" && !names.contains(hash))
  }

  @Test("a program that cannot be read, and a home folder that there is not, are errors") func errors() async throws {
    let answer = try await run(CarryScript.stage, [folder.path("nothing")] + words.dropFirst(), home: "here")
    #expect(answer.code != 0 && answer.errors.contains("nothing"))
    let homeless = ["env", "-u", "HOME", "sh", "-c", CarryScript.look, "carry", String(repeating: "0", count: 64)]
    #expect(try #require(await LimitedCall(words: homeless, seconds: 60).answer()).code != 0)
  }

  @Test("lines for other shells have no newline") func lines() {
    for script in [CarryScript.stage, CarryScript.look, CarryScript.take, CarryScript.send, CarryScript.remove] {
      #expect(!script.contains("\n") && shellWord(script).hasPrefix("'"))
    }
  }
}

import Foundation
import TestSupport
import Testing

@testable import Checkpoints

/// Two runs, one folder, and what people do to it meanwhile.
@Suite("who owns a folder of checkpoints")
struct OwnershipTests {
  private func steps(_ path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasPrefix("step-") }.sorted()
  }

  private func move(_ from: String, _ to: String) throws {
    try FileManager.default.moveItem(atPath: from, toPath: to)
  }

  /// The folder's run writes no more there, says so, and has changed nothing of the other's.
  private func expectLoss(_ folder: CheckpointFolder, step: Int, because reason: String) {
    let failure = failure { try store(folder, [step]) }
    #expect(failure?.kind == .lost)
    #expect(failure?.description == "\(folder.file(step: step)): \(reason)")
  }

  @Test("a folder that was moved: nothing more is written, in neither place, and moved back it goes on")
  func moved() throws {
    let temporary = try TemporaryFolder()
    let (path, elsewhere) = (temporary.path("run"), temporary.path("elsewhere"))
    let first = try CheckpointFolder(path: path, keep: 1)
    try store(first, [1])
    try move(path, elsewhere)
    expectLoss(first, step: 2, because: "the folder is no longer where this run opened it: No such file or directory")
    #expect(steps(elsewhere) == ["step-000000001.safetensors"] && !FileManager.default.fileExists(atPath: path))
    // It is the first's, whatever it is called.
    #expect(failure { _ = try CheckpointFolder(path: elsewhere, keep: 1, patience: 0) } != nil)
    try move(elsewhere, path)
    try store(first, [2])
    #expect(steps(path) == ["step-000000002.safetensors"])
  }

  @Test("another run where the moved folder was: neither removes what the other has")
  func replaced() throws {
    let temporary = try TemporaryFolder()
    let (path, elsewhere) = (temporary.path("run"), temporary.path("elsewhere"))
    let first = try CheckpointFolder(path: path, keep: 1)
    try store(first, [1])
    try move(path, elsewhere)
    let second = try CheckpointFolder(path: path, keep: 1)
    try store(second, [1])
    expectLoss(first, step: 5, because: "this is another folder than the one that the run opened, which was moved")
    try store(second, [2])
    #expect(steps(path) == ["step-000000002.safetensors"] && steps(elsewhere) == ["step-000000001.safetensors"])
  }

  /// People and programs that clean up do.
  @Test(".lock removed: the folder stays the first run's, and no other gets it")
  func lockRemoved() throws {
    let temporary = try TemporaryFolder()
    let first = try CheckpointFolder(path: temporary.path, keep: 1)
    try store(first, [1])
    #expect(unlink(temporary.path(".lock")) == 0)
    let refusal = failure { _ = try CheckpointFolder(path: temporary.path, keep: 1, patience: 0) }
    #expect(refusal?.reason == "another job keeps its checkpoints there; name another folder")
    try store(first, [2])
    #expect(steps(temporary.path) == ["step-000000002.safetensors"])
  }

  @Test(".lock replaced by a copy of itself is another's")
  func lockReplaced() throws {
    let temporary = try TemporaryFolder()
    let first = try CheckpointFolder(path: temporary.path, keep: 1)
    try store(first, [1])
    let content = try temporary.data(".lock")
    #expect(unlink(temporary.path(".lock")) == 0)
    try temporary.file(".lock", content)
    let failure = failure { try store(first, [2]) }
    #expect(failure?.kind == .lost, "\(failure?.description ?? "written")")
    #expect(steps(temporary.path) == ["step-000000001.safetensors"])
  }

  /// As where hosts do not see each other's locks: the second takes them for free, and writes its identity.
  @Test("another identity in .lock: the one before finds out before it removes anything")
  func takenOver() throws {
    let temporary = try TemporaryFolder()
    let first = try CheckpointFolder(path: temporary.path, keep: 1)
    try store(first, [1])
    let other = OwnerIdentity()
    let lock = try #require(fopen(temporary.path(".lock"), "r+"))
    fputs(other.text + String(repeating: " ", count: 511 - other.text.utf8.count) + "\n", lock)
    #expect(fclose(lock) == 0)
    expectLoss(
      first, step: 2,
      because: "the folder is no longer this run's: process \(getpid()) on \(other.host) has taken it over")
    first.release()
    #expect(try temporary.text(".lock").hasPrefix(other.text), "the other's identity stays")
    #expect(steps(temporary.path) == ["step-000000001.safetensors"])
  }

  @Test("released, it says nobody's name; what a killed owner left is taken over")
  func released() throws {
    let temporary = try TemporaryFolder()
    let first = try CheckpointFolder(path: temporary.path, keep: 1)
    #expect(try OwnerIdentity(text: temporary.text(".lock").trimmingCharacters(in: .whitespacesAndNewlines)) != nil)
    first.release()
    #expect(try temporary.text(".lock").allSatisfy(\.isWhitespace))
    let other = try TemporaryFolder()
    try other.file(".lock", OwnerIdentity().text + "\n")
    #expect(failure { _ = try CheckpointFolder(path: other.path, keep: 1, patience: 0) } == nil)
  }

  /// With locks nobody has it, whatever it says.
  @Test("what a power cut leaves in .lock keeps nobody away", arguments: ["", "\0\0\0", "ddp-train 12ab", "\n"])
  func powerCut(content: String) throws {
    let temporary = try TemporaryFolder()
    try temporary.file(".lock", content)
    let folder = try CheckpointFolder(path: temporary.path, keep: 1, patience: 0)
    try store(folder, [1])
    #expect(steps(temporary.path) == ["step-000000001.safetensors"])
  }

  @Test("a .lock that is not this program's is left alone", arguments: ["another program's", "link", "folder", "pipe"])
  func foreign(kind: String) throws {
    let temporary = try TemporaryFolder()
    let lock = temporary.path(".lock")
    switch kind {
    case "link": #expect(symlink(try temporary.file("other", "x"), lock) == 0)
    case "folder": #expect(mkdir(lock, 0o700) == 0)
    case "pipe": #expect(mkfifo(lock, 0o600) == 0)
    default: try temporary.file(".lock", kind)
    }
    let refusal = failure { _ = try CheckpointFolder(path: temporary.path, keep: 1, patience: 0) }
    #expect(refusal?.reason.contains(".lock") == true, "\(refusal?.description ?? "taken")")
    if kind == "another program's" { #expect(try temporary.text(".lock") == kind) }
    if kind == "link" { #expect(try temporary.text("other") == "x") }
  }

  @Test("an identity is one line that reads back, with the number of this process; others are none")
  func text() throws {
    let own = OwnerIdentity()
    #expect(OwnerIdentity(text: own.text) == own && OwnerIdentity() != own && own.life == .alive)
    #expect(own.text.utf8.count < 512)
    for text in [
      "", "ddp-train", own.text + " more", own.text.replacing("process \(getpid())", with: "process 0"),
      own.text.replacing("host ", with: "host \u{1b}"), own.text.replacing("started ", with: "started -"),
    ] { #expect(OwnerIdentity(text: text) == nil, "\(text)") }
  }

  @Test("an owner is dead only where that is certain")
  func life() throws {
    let own = OwnerIdentity().text
    func life(_ old: some RegexComponent, _ new: String) throws -> OwnerIdentity.Life {
      try #require(OwnerIdentity(text: own.replacing(old, with: new))).life
    }
    // The number is taken again, by a process that began later.
    #expect(try life(/started \d+/, "started 1") == .dead)
    #expect(try life(/process \d+/, "process 1") == .dead)
    #expect(try life(/system [^ ]+/, "system other/pid:[1]/time:[1]") == .unknown)
    #expect(try life(/system [^ ]+/, "system -") == .unknown)
    // One that has ended and was not asked for its exit code has a number still.
    var ended: pid_t = 0
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
    defer { free(arguments[0]) }
    #expect(posix_spawnp(&ended, "true", nil, nil, &arguments, nil) == 0)
    var information = siginfo_t()
    #expect(waitid(P_PID, UInt32(ended), &information, WEXITED | WNOWAIT) == 0)
    #expect(try life(/process \d+ started \d+/, "process \(ended) started 0") == .dead)
    #expect(waitpid(ended, nil, 0) == ended)
    #expect(try life(/process \d+/, "process \(ended)") == .dead)
  }
}

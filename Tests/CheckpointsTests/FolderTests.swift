import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Checkpoints

@Suite("a folder of checkpoints")
struct FolderTests {
  private func damage(_ path: String) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count / 2] ^= 4
    try bytes.write(to: URL(fileURLWithPath: path))
  }

  @Test("names sort as steps do, and only they are steps")
  func names() {
    #expect(CheckpointFolder.name(step: 500) == "step-000000500.safetensors")
    #expect(CheckpointFolder.name(step: 12_345_678_901) == "step-12345678901.safetensors")
    for step in [1, 500, 999_999_999, 1_000_000_000, 1 << 40] {
      #expect(CheckpointFolder.step(of: CheckpointFolder.name(step: step)) == step)
    }
    for name in [
      "step-500.safetensors", "step-000000000.safetensors", "step--00000005.safetensors", "step-00000050x.safetensors",
      "step-000000500.safetensors.partial", "step-000000500", "model.safetensors", "step-+00000500.safetensors",
    ] { #expect(CheckpointFolder.step(of: name) == nil, "\(name)") }
  }

  @Test("keeps the last K", arguments: [1, 2, 3])
  func keeps(keep: Int) throws {
    let temporary = try TemporaryFolder()
    let folder = try CheckpointFolder(path: temporary.path("a/b"), keep: keep)
    try store(folder, [100, 250, 300, 1000])
    #expect(try folder.steps() == [100, 250, 300, 1000].suffix(keep))
    #expect(try folder.newest().checkpoint?.step == 1000)
  }

  @Test("a file of a later step, such as a damaged one, never costs the one just written")
  func laterFiles() throws {
    let temporary = try TemporaryFolder()
    let folder = try CheckpointFolder(path: temporary.path, keep: 1)
    try store(folder, [900])
    try store(folder, [400])
    #expect(try folder.steps() == [400, 900])
  }

  @Test("damaged ones are named, newest first, and passed over; set aside they are gone from the steps")
  func damagedNewest() throws {
    let temporary = try TemporaryFolder()
    let folder = try CheckpointFolder(path: temporary.path, keep: 9)
    try store(folder, [1, 2, 3, 4])
    try damage(folder.file(step: 4))
    try Data("short".utf8).write(to: URL(fileURLWithPath: folder.file(step: 3)))
    let (found, damaged) = try folder.newest()
    #expect(found?.step == 2)
    #expect(damaged.map(\.path) == [folder.file(step: 4), folder.file(step: 3)])
    for file in damaged { try folder.setAside(file) }
    #expect(try folder.steps() == [1, 2])
    #expect(temporary.names.contains("step-000000004.safetensors.damaged"))
  }

  @Test("a checkpoint under another step's name is none")
  func renamed() throws {
    let temporary = try TemporaryFolder()
    let folder = try CheckpointFolder(path: temporary.path, keep: 9)
    try store(folder, [5])
    try FileManager.default.moveItem(atPath: folder.file(step: 5), toPath: folder.file(step: 7))
    #expect(try folder.newest().checkpoint == nil)
    #expect(try folder.newest().damaged.map(\.reason) == ["it is of step 5"])
  }

  @Test("what killed processes left half written goes, and nothing else")
  func partial() throws {
    let temporary = try TemporaryFolder()
    let others = [
      "notes.partial", "notes.partial-1f", "step-5.safetensors.partial", "step-000000005.safetensors.damaged",
    ]
    for name in others + ["step-000000005.safetensors.partial"] { try temporary.file(name, "x") }
    let folder = try CheckpointFolder(path: temporary.path, keep: 1)
    #expect(temporary.names == ([".lock"] + others).sorted())
    #expect(try folder.newest().checkpoint == nil)
  }

  @Test("one process at a time; the next has it as soon as the first lets go")
  func lock() throws {
    let temporary = try TemporaryFolder()
    var first: CheckpointFolder? = try CheckpointFolder(path: temporary.path, keep: 1)
    let refusal = failure { _ = try CheckpointFolder(path: temporary.path, keep: 1, patience: 0.1) }
    #expect(refusal?.description == "\(temporary.path): another job keeps its checkpoints there; name another folder")
    #expect(first?.keep == 1)
    first = nil
    #expect(failure { _ = try CheckpointFolder(path: temporary.path, keep: 1, patience: 0) } == nil)
  }

  /// A second close would hit whatever another thread has opened meanwhile.
  @Test("who is refused closes the lock's file once")
  func closesOnce() throws {
    let temporary = try TemporaryFolder()
    let first = try CheckpointFolder(path: temporary.path, keep: 1)
    let others = Descriptors()
    let thread = Thread { others.openAndClose() }
    thread.start()
    for _ in 0..<3000 {
      #expect(failure { _ = try CheckpointFolder(path: temporary.path, keep: 1, patience: 0) } != nil)
    }
    others.stop()
    #expect(others.lost == 0 && others.rounds > 0)
    #expect(first.keep == 1)
  }

  /// Files of another thread.
  private final class Descriptors: Sendable {
    private let isStopping = Atomic(false)
    private let isDone = DispatchSemaphore(value: 0)
    private let counts = Mutex((rounds: 0, lost: 0))
    var rounds: Int { counts.withLock(\.rounds) }
    /// Those that somebody else has closed.
    var lost: Int { counts.withLock(\.lost) }

    func openAndClose() {
      while !isStopping.load(ordering: .relaxed) {
        let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
        let isLost = file >= 0 && close(file) != 0
        counts.withLock {
          $0.rounds += 1
          if isLost { $0.lost += 1 }
        }
      }
      isDone.signal()
    }

    func stop() {
      isStopping.store(true, ordering: .relaxed)
      isDone.wait()
    }
  }

  /// As the ranks of a job whose mpirun was killed do.
  @Test("a process that is about to end is waited for")
  func patience() throws {
    let temporary = try TemporaryFolder()
    let lock = open(temporary.path(".lock"), O_RDWR | O_CREAT, 0o600)
    #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
    Thread.detachNewThread {
      usleep(300_000)
      close(lock)
    }
    #expect(failure { _ = try CheckpointFolder(path: temporary.path, keep: 1) } == nil)
  }

  @Test("a folder that cannot be used")
  func notAFolder() throws {
    let temporary = try TemporaryFolder()
    try temporary.file("file", "x")
    for path in [temporary.path("file"), temporary.path("file/below")] {
      let failure = failure { _ = try CheckpointFolder(path: path, keep: 1) }
      #expect(failure?.description == "\(path): cannot be made a folder for checkpoints: Not a directory")
    }
  }

  @Test("a full disk: the earlier checkpoint stays, the half one goes")
  func fullDisk() throws {
    let temporary = try TemporaryFolder()
    let folder = try CheckpointFolder(path: temporary.path, keep: 1)
    try store(folder, [5])
    let refusal = try limitingFiles(to: 1 << 23) {
      let bytes = [UInt8](repeating: 1, count: 1 << 23 + 1)
      return failure { try bytes.withUnsafeBytes { _ = try folder.store($0, step: 6) } }
    }
    #expect(refusal?.description == "\(folder.file(step: 6)): cannot be written: File too large")
    #expect(temporary.names == [".lock", "step-000000005.safetensors"])
  }

  /// A folder in the partial file's place can be neither removed nor written to, by anybody.
  @Test("what cannot be written: the earlier checkpoint stays, and the next attempt may succeed")
  func unwritable() throws {
    let temporary = try TemporaryFolder()
    let folder = try CheckpointFolder(path: temporary.path, keep: 1)
    try store(folder, [5])
    let partial = folder.file(step: 6) + ".partial"
    #expect(mkdir(partial, 0o700) == 0)
    let failure = failure { try store(folder, [6]) }
    #expect(failure?.description == "\(folder.file(step: 6)): cannot be created: Is a directory")
    #expect(try folder.newest().checkpoint?.step == 5)
    #expect(rmdir(partial) == 0)
    try store(folder, [6])
    #expect(temporary.names == [".lock", "step-000000006.safetensors"])
  }

  @Test("what somebody has laid in the partial file's place is not written to", arguments: ["link", "pipe", "file"])
  func strangers(kind: String) throws {
    let temporary = try TemporaryFolder()
    let folder = try CheckpointFolder(path: temporary.path("run"), keep: 1)
    let other = try temporary.file("other", "another's")
    let partial = folder.file(step: 6) + ".partial"
    switch kind {
    case "link": #expect(symlink(other, partial) == 0)
    case "pipe": #expect(mkfifo(partial, 0o600) == 0)
    default: #expect(link(other, partial) == 0)
    }
    try store(folder, [6])
    #expect(try folder.newest().checkpoint?.step == 6)
    #expect(try temporary.text("other") == "another's")
  }

  @Test(
    "a damaged one that cannot be renamed is left out: not counted, not removed, and written over when its turn comes")
  func leftOut() throws {
    let temporary = try TemporaryFolder()
    let folder = try CheckpointFolder(path: temporary.path, keep: 2)
    try store(folder, [1, 2])
    let stored = try Data(contentsOf: URL(fileURLWithPath: folder.file(step: 2)))
    try damage(folder.file(step: 2))
    // Nobody can rename a file to the name of a folder.
    try temporary.file("step-000000002.safetensors.damaged/x", "x")
    let (found, damaged) = try folder.newest()
    #expect(found?.step == 1)
    let refusal = failure { try folder.setAside(try #require(damaged.first)) }
    #expect(refusal?.description == "\(folder.file(step: 2)): cannot be renamed: Is a directory")
    try store(folder, [3, 4])
    #expect(try folder.steps() == [2, 3, 4])
    try store(folder, [2])
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file(step: 2))) == stored)
  }

  @Test("an old one that cannot be removed is told once, and the new one is there")
  func unremovable() throws {
    let temporary = try TemporaryFolder()
    let folder = try CheckpointFolder(path: temporary.path, keep: 1)
    // No file, and so nothing that can be removed as one.
    try temporary.file("step-000000001.safetensors/x", "x")
    func complaints(_ step: Int) throws -> [String] {
      try sampleFile(step: step).withUnsafeBytes { try folder.store($0, step: step) }.map(\.description)
    }
    #expect(
      try complaints(2) == ["\(folder.file(step: 1)): is no longer needed and cannot be removed: Is a directory"])
    #expect(try complaints(3) == [])
    #expect(try folder.steps() == [1, 3])
    #expect(try folder.newest().checkpoint?.step == 3)
  }

  @Test("the true cause: a checkpoint that may not be read, and one that is gone")
  func causes() throws {
    let temporary = try TemporaryFolder()
    let folder = try CheckpointFolder(path: temporary.path, keep: 3)
    try store(folder, [1, 2])
    let path = folder.file(step: 2)
    try FileManager.default.removeItem(atPath: path)
    #expect(symlink("step-000000002.safetensors", path) == 0)
    let loop = failure { _ = try folder.newest() }
    #expect(loop?.description == "\(path): cannot be opened: Too many levels of symbolic links")
    #expect(loop?.kind == .system)
    #expect(failure { _ = try Checkpoint(path: temporary.path("none")) }?.reason == "no such file")
    #expect(
      failure { _ = try Checkpoint(path: temporary.path) }?.description == "\(temporary.path): damaged: is a directory")
    if getuid() != 0 {
      #expect(unlink(path) == 0 && chmod(folder.file(step: 1), 0) == 0)
      let refusal = failure { _ = try folder.newest() }
      #expect(refusal?.description == "\(folder.file(step: 1)): cannot be opened: Permission denied")
    }
  }
}

import Foundation
import MPIRunSupport
import TestSupport
import Testing

/// A disk that waits or is full, for files whose path holds a text: see Tests/Support/hinder.
final class Disk {
  private let temporary: TemporaryFolder
  private var control: String { temporary.path("disk") }
  private var log: String { temporary.path("log") }

  init() throws { temporary = try TemporaryFolder() }

  /// What stands before the program's name.
  var hinder: [String] { ["--fsync", control, "--log", log] }

  func holdUp(_ text: String) throws { try temporary.file("disk", "wait \(text)") }
  func fail(_ text: String) throws { try temporary.file("disk", "fail \(text)") }
  func goOn() throws { try FileManager.default.removeItem(atPath: control) }

  /// What was synchronised, or is being.
  var synchronised: [String] {
    ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
  }
}

extension Jobs {
  /// Disks that are slow or full, and file systems without locks, under the real program.
  @Suite("checkpoints on a disk that is in the way")
  struct Hindered {
    private let steps = ["--steps", "60", "--checkpoint-every", "20"]
    /// Slow enough that a disk keeps up.
    private let slow = ["--d-model", "512", "--batch", "64", "--heads", "8"]

    @Test("a full disk on the way: one warning, training goes on; at the end: code 1", arguments: [(40, 0), (60, 1)])
    func fullDisk(step: Int, code: Int32) throws {
      let (folder, disk) = (try RunFolder(), try Disk())
      try disk.fail("step-0000000\(step)")
      let result = try folder.run(1, steps + slow, under: disk.hinder)
      #expect(result.exitCode == code, "\(result)")
      let message = "\(folder.file(step)): cannot be written: No space left on device"
      #expect(result.stderr.components(separatedBy: message).count == 2, "\(result)")
      #expect(folder.steps == [20, 40, 60].filter { $0 != step })
      #expect(try Metrics(path: folder.metricsPath).final.steps == 60)
    }

    @Test("training goes on while the disk keeps a checkpoint waiting, also when the next one falls due")
    func slowDisk() throws {
      let (folder, disk) = (try RunFolder(), try Disk())
      try disk.holdUp("step-000000040")
      let result = try folder.run(1, ["--steps", "120", "--checkpoint-every", "20"] + slow, under: disk.hinder) { job in
        // Of the metrics only whole buffers arrive.
        try job.wait(until: "step 61 is trained") { folder.recordedSteps > 60 }
        #expect(folder.steps == [20])
        try disk.goOn()
      }
      #expect(result.exitCode == 0 && !result.stderr.contains("not written"), "\(result)")
      #expect(folder.steps.last == 120, "\(folder.steps)")
    }

    @Test("the last checkpoint is waited for, also by a run that is told to stop meanwhile, and says so")
    func slowEnd() throws {
      let (folder, disk) = (try RunFolder(), try Disk())
      try disk.holdUp("step-000000020")
      let arguments = ["--steps", "20", "--heartbeat", "1"]
      let result = try folder.run(1, arguments, under: disk.hinder) { job in
        try job.wait(until: "the disk is asked") { disk.synchronised.contains { $0.contains("step-000000020") } }
        let rank = try #require(job.children.first)
        for number in [SIGTERM, SIGUSR1, SIGTERM] { kill(rank, number) }
        let since = ContinuousClock.now
        try job.wait(until: "4 seconds are over") { since.duration(to: .now) > .seconds(4) }
        try disk.goOn()
      }
      #expect(result.exitCode == 130 && folder.steps == [20], "\(result)")
      let message = "notice: rank 0 on \(host): waiting for the disk: checkpoint \(folder.file(20)) is being written"
      #expect(result.stderr.components(separatedBy: message).count == 2, "\(result)")
      #expect(result.stderr.contains(/step 20, writing for [123] s\n/), "\(result)")
    }

    @Test("new folders are on the disk before a checkpoint is, each through the one it lies in")
    func newFolders() throws {
      let (temporary, disk) = (try TemporaryFolder(), try Disk())
      let path = temporary.path("a/b/c")
      let result = try MPIRun.runAlone(
        "hinder",
        disk.hinder + [try builtProgram("ddp-train"), "--d-model", "16", "--steps", "20", "--checkpoint-dir", path])
      #expect(result.exitCode == 0, "\(result)")
      let parents = [temporary.path, temporary.path("a"), temporary.path("a/b")]
      #expect(disk.synchronised.prefix(3).map { $0 } == parents, "\(disk.synchronised)")
      let checkpoint = "\(path)/step-000000020.safetensors.partial"
      #expect(disk.synchronised.filter { $0 == checkpoint || $0 == path } == [checkpoint, path])
    }

    private var host: String { ProcessInfo.processInfo.hostName }

    /// What a file system says that has no flock. Numbers of Linux on x86-64 and Arm.
    private static let noLocks: [Int32] = [ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL]

    @Test("without flock a run has its folder, lets it go, and after a kill the next one has it", arguments: noLocks)
    func withoutLocks(reason: Int32) throws {
      let folder = try RunFolder()
      let hinder = ["--no-flock", "\(reason)"]
      #expect(try folder.run(1, ["--steps", "20"], under: hinder).exitCode == 0)
      let long = ["--steps", "1000000000", "--checkpoint-every", "0.1s"]
      try folder.clear()
      let killed = try folder.run(1, long, under: hinder) { job in
        try job.wait(until: "there is a checkpoint") { !folder.steps.isEmpty }
        // The second one, as an impatient user starts it beside the first.
        let second = try folder.startBeside(["--resume"] + long, under: hinder)
        let rank = try #require(job.children.first)
        expectFailure(second, saying: "process \(rank) on ")
        #expect(second.stderr.contains("keeps its checkpoints there; name another folder"), "\(second)")
        kill(rank, SIGKILL)
      }
      #expect(killed.exitCode == 137, "\(killed)")
      let before = try #require(folder.steps.last)
      let resumed = try folder.run(1, long + ["--resume"], under: hinder) { job in
        try job.wait(until: "there is a newer checkpoint") { (folder.steps.last ?? 0) > before }
        kill(try #require(job.children.first), SIGTERM)
      }
      #expect(resumed.exitCode == 130, "\(resumed)")
      #expect(try Metrics(path: folder.metricsPath).final.resumedFrom == before)
    }

    private static let container = [
      "unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc",
    ]

    private static func hasContainers(_ folder: RunFolder) throws -> Bool {
      let has = try folder.startBeside([], under: [], in: container + ["true"]).exitCode == 0
      if !has { print("skipped: no namespace of its own for a second run") }
      return has
    }

    /// A container sees neither the other's processes nor, on such a file system, its locks.
    @Test("without flock another container's run may live: it is refused, and says what to do")
    func otherContainer() throws {
      let folder = try RunFolder()
      let hinder = ["--no-flock", "\(ENOLCK)"]
      let long = ["--steps", "1000000000", "--checkpoint-every", "0.1s"]
      guard try Self.hasContainers(folder) else { return }
      let first = try folder.run(1, long, under: hinder) { job in
        try job.wait(until: "there is a checkpoint") { !folder.steps.isEmpty }
        let second = try folder.startBeside(["--resume"] + long, under: hinder, in: Self.container)
        expectFailure(second, saying: "if it has ended, remove .lock in the folder")
        kill(try #require(job.children.first), SIGTERM)
      }
      #expect(first.exitCode == 130, "\(first)")
      // Let go, it is anybody's: the next one has it, and looks into it.
      let other = try TemporaryFolder()
      let names = ["--data", try other.file("names", "anna\nbert\ncarl\n")]
      let next = try folder.startBeside(["--resume"] + names, under: hinder, in: Self.container)
      expectFailure(next, saying: "is of another run: data-set is ")
    }

    @Test("with locks, a run in another container is refused as well, and removes nothing")
    func otherContainerWithLocks() throws {
      let folder = try RunFolder()
      let long = ["--steps", "1000000000", "--checkpoint-every", "0.1s"]
      guard try Self.hasContainers(folder) else { return }
      let first = try folder.run(1, long) { job in
        try job.wait(until: "there is a checkpoint") { !folder.steps.isEmpty }
        let second = try folder.startBeside(["--resume"] + long, under: [], in: Self.container)
        expectFailure(second, saying: "\(folder.path): another job keeps its checkpoints there; name another folder")
        kill(try #require(job.children.first), SIGTERM)
      }
      #expect(first.exitCode == 130, "\(first)")
    }

    @Test(
      "a folder that is moved while it is written: one warning, no checkpoint of another run goes, code 1 at the end")
    func moved() throws {
      let folder = try RunFolder()
      let long = ["--steps", "1000000000", "--checkpoint-every", "0.1s", "--checkpoint-keep", "1"]
      var other = [Int]()
      let first = try folder.run(1, long) { job in
        try job.wait(until: "there is a checkpoint") { !folder.steps.isEmpty }
        try folder.move()
        let second = try folder.startBeside(["--steps", "20"], under: [])
        #expect(second.exitCode == 0, "\(second)")
        let since = ContinuousClock.now
        try job.wait(until: "some checkpoints later") { since.duration(to: .now) > .seconds(1) }
        other = folder.steps
        kill(try #require(job.children.first), SIGTERM)
      }
      #expect(other == [20] && folder.steps == [20])
      expectFailure(first, saying: "the last checkpoint is missing: \(folder.path)/step-")
      let reason = "this is another folder than the one that the run opened, which was moved"
      #expect(first.stderr.components(separatedBy: "checkpoint not written: ").count <= 3, "\(first)")
      #expect(first.errors.first?.contains(reason) == true, "\(first)")
    }
  }
}

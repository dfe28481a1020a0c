import Foundation
import GPT
import TestSupport
import Testing

@testable import Checkpoints

@Suite("the thread that writes")
struct WriterTests {
  @Test("writes what was handed over, one after another")
  func writes() throws {
    let temporary = try TemporaryFolder()
    let shape = try smallShape()
    let writer = CheckpointWriter(folder: try CheckpointFolder(path: temporary.path, keep: 2), shape: shape)
    for step in 1...5 {
      writer.waitUntilFree()
      #expect(writer.takeOutcome() == nil)
      fill(writer.arrays, shape)
      writer.arrays.parameters[0] = Float(step)
      writer.write(step: step, losses: sampleLosses(step), metadata: ["n": "\(step)"])
    }
    writer.finish()
    #expect(temporary.names.filter { $0.hasPrefix("step") }.count == 2)
    for step in [4, 5] {
      let checkpoint = try Checkpoint(path: temporary.path(CheckpointFolder.name(step: step)))
      let target = CheckpointImage(shape: shape)
      try checkpoint.copy(to: target.arrays)
      #expect(target.arrays.parameters[0] == Float(step) && checkpoint.metadata["n"] == "\(step)")
    }
  }

  @Test("a failure is told once, and the next checkpoint is tried")
  func failures() throws {
    let temporary = try TemporaryFolder()
    let folder = try CheckpointFolder(path: temporary.path, keep: 2)
    let writer = CheckpointWriter(folder: folder, shape: try smallShape())
    let obstacle = folder.file(step: 1) + ".partial"
    #expect(mkdir(obstacle, 0o700) == 0)
    writer.write(step: 1, losses: [1], metadata: [:])
    writer.waitUntilFree()
    #expect(writer.takeOutcome()?.failure?.reason == "cannot be created: Is a directory")
    #expect(writer.takeOutcome() == nil)
    #expect(rmdir(obstacle) == 0)
    writer.write(step: 1, losses: [1], metadata: [:])
    writer.finish()
    #expect(writer.takeOutcome() == nil)
    #expect(try folder.newest().checkpoint?.step == 1)
  }

  @Test("a model that has diverged is not written", arguments: [0, 1, 2])
  func diverged(array: Int) throws {
    let temporary = try TemporaryFolder()
    let shape = try smallShape()
    let writer = CheckpointWriter(folder: try CheckpointFolder(path: temporary.path, keep: 2), shape: shape)
    let arrays = [writer.arrays.parameters, writer.arrays.first, writer.arrays.second]
    arrays[array][shape.parameterCount - 1] = array == 1 ? .infinity : .nan
    writer.write(step: 1, losses: [1], metadata: [:])
    writer.finish()
    #expect(writer.takeOutcome()?.failure?.reason == "not written: the model has diverged")
    #expect(temporary.names == [".lock"])
  }
}

@Suite("when a checkpoint is due")
struct ScheduleTests {
  @Test("every 500 steps, also behind one that came late or a resumption")
  func steps() throws {
    var schedule = CheckpointSchedule(try #require(CheckpointInterval(written: "500")), step: 0, now: 0)
    func due(_ step: Int) -> Bool { schedule.isDue(step: step) { 1 << 62 } }
    #expect(!due(499) && due(500) && due(501))
    schedule.taken(step: 503, now: 0)
    #expect(!due(999) && due(1000))
    schedule.taken(step: 1000, now: 0)
    #expect(!due(1000) && due(1500))
  }

  @Test("every 2.5 seconds since the last one")
  func seconds() throws {
    var schedule = CheckpointSchedule(try #require(CheckpointInterval(written: "2.5s")), step: 7, now: 1_000_000_000)
    func due(_ now: UInt64) -> Bool { schedule.isDue(step: 1 << 40) { now } }
    #expect(!due(3_499_999_999) && due(3_500_000_000))
    schedule.taken(step: 9, now: 4_000_000_000)
    #expect(!due(6_400_000_000) && due(6_500_000_000))
  }

  @Test(
    "what is no interval", arguments: ["", "0", "-1", "s", "0s", "-2s", "nans", "infs", "1e99s", "5m", "5 s", "1.5"])
  func wrong(text: String) { #expect(CheckpointInterval(written: text) == nil) }
}

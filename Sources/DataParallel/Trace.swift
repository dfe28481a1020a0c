import CSIMD
import GPT
import MPI
import Values

/// When the phases of some steps began and ended on this rank. Memory is taken once; recording allocates nothing.
public final class Trace {
  /// Steps to record, from 0.
  public let steps: Range<Int>
  /// (capacity × 4): step, phase, start and end in nanoseconds of this host's clock.
  private let words: AlignedBuffer<UInt64>
  private let capacity: Int
  private var count = 0
  private var step = 0

  /// - Parameter settings: of the run; in a reproducible one each micro-shard has phases of its own.
  public init(steps: Range<Int>, settings: Settings) {
    self.steps = steps
    let leaves = settings.summationTree?.leaves ?? 1
    // Forward, backward and a sum for each micro-shard, and the phases that a step has once, one of them twice.
    capacity = steps.count * (3 * leaves + 5)
    words = AlignedBuffer(zeros: capacity * 4)
  }

  /// One phase, once.
  public struct Event: Sendable, Equatable {
    /// From 0.
    public var step: Int
    public var phase: Phase
    /// Nanoseconds.
    public var start, end: UInt64

    public init(step: Int, phase: Phase, start: UInt64, end: UInt64) {
      (self.step, self.phase, self.start, self.end) = (step, phase, start, end)
    }
  }

  func begin(step: Int) { self.step = step }

  func add(_ phase: Phase, from start: UInt64, to end: UInt64) {
    precondition(count < capacity, "a step has more phases than it can have")
    words[4 * count] = UInt64(step)
    words[4 * count + 1] = UInt64(phase.rawValue)
    words[4 * count + 2] = start
    words[4 * count + 3] = end
    count += 1
  }

  /// What all ranks have recorded, by rank, in time. Collective.
  public func gathered(over world: Communicator) throws -> [[Event]] {
    try world.allGatherV((0..<4 * count).map { words[$0] }).map { all in
      stride(from: 0, to: all.count, by: 4).compactMap { index in
        Phase(rawValue: UInt8(all[index + 1])).map {
          Event(step: Int(all[index]), phase: $0, start: all[index + 2], end: all[index + 3])
        }
      }
    }
  }
}

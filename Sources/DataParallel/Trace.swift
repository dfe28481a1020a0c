import CSIMD
import GPT
import MPI
import Values

/// When the phases of some steps began and ended on this rank. Memory is taken once; recording allocates nothing.
public final class Trace {
  /// Steps to record, from 0.
  public let steps: Range<Int>
  /// In time, by this host's clock; `count` of them.
  private let events: AlignedBuffer<Event>
  private var count = 0
  private var step = 0

  /// - Parameters:
  ///   - settings: of the run; in a reproducible one each micro-shard has phases of its own.
  ///   - ranks: N.
  public init(steps: Range<Int>, settings: Settings, ranks: Int) {
    self.steps = steps
    let shards = settings.summationTree?.leaves ?? 1
    let names = settings.summationTree?.names(of: 0).count ?? BatchDraft.capacity(settings, ranks: ranks)
    let pieces = ShardPass.pieces(names, shape: settings.shape)
    // Forward and backward of each piece, a sum for each micro-shard, and the phases that a step has once, one of them
    // twice, or, where groups are brought together after it, three times.
    events = AlignedBuffer(zeros: steps.count * ((2 * pieces + 1) * shards + 6))
  }

  /// One phase, once.
  public struct Event: Sendable, Equatable, BitwiseCopyable {
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
    precondition(count < events.count, "a step has more phases than it can have")
    events[count] = Event(step: step, phase: phase, start: start, end: end)
    count += 1
  }

  /// What all ranks have recorded, by rank, in time. Collective.
  public func gathered(over world: Communicator) throws -> [[Event]] {
    try world.allGatherV(Array(events.buffer[..<count]))
  }
}

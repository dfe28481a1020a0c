import GPT
import MPI

/// Each rank sums, updates and hands out a slice of its own: reduce-scatter of the gradient, Adam on the slice,
/// all-gather of the parameters. What is known as ZeRO's first stage: the moments exist once in the job.
///
/// Cost on N ranks, with latency α, time per byte β, Adam's time per parameter γ and the time δ to derive an
/// engine's weights from a parameter: about 2 log₂N · α + 2 (N − 1)/N · 4P · β + P/N · γ + (N − 1)/N · P · δ. As many
/// bytes as an all-reduce; Adam falls with N.
///
/// Source: Rajbhandari et al., "ZeRO: Memory optimizations toward training trillion parameter models", 2020, §5.
public final class ShardedSynchronisation: GradientSynchronisation {
  private let world: Communicator
  private let count: Int
  public let slice: Range<Int>
  private let counts: RankCounts
  /// (P + 3) each: gradient and tail; sums, of which only this rank's part is ever touched; parameters and tail.
  private let message, sums, parameters: AlignedBuffer<Float>

  public var gradients: [UnsafeMutablePointer<Float>] { [message.pointer] }

  /// The all-gather's buffer. Every rank writes all of it in the beginning.
  public var replica: Replica? {
    Replica(parameters: parameters.pointer, derived: nil, isShared: false, own: 0..<count, ownSpans: [0..<count])
  }

  /// - Throws: `MPIError` where the parameters are more than MPI can count.
  public init(layout: ReplicaLayout, world: Communicator) throws {
    self.world = world
    count = layout.parameterCount
    let slices = layout.slices(world.size, .stripes)
    slice = slices[world.rank]
    // The tail goes with the last slice: its owner gets the sums, and hands them out behind the parameters.
    var sizes = slices.map(\.count)
    sizes[world.size - 1] += StepTail.count
    counts = try RankCounts(sizes)
    message = AlignedBuffer(zeros: count + StepTail.count)
    sums = AlignedBuffer(zeros: count + StepTail.count)
    parameters = AlignedBuffer(zeros: count + StepTail.count)
  }

  public func waitForAll() throws { try world.barrier() }

  public func exchange(_ own: StepTotals) throws {
    StepTail.write(own, to: message.pointer + count)
    let part = counts.range(world.rank)
    try world.reduceScatter(
      UnsafeBufferPointer(message.buffer), into: UnsafeMutableBufferPointer(rebasing: sums.buffer[part]),
      counts: counts)
  }

  public func update(_ slice: AdamSlice, engine: any Engine) { engine.adam(slice, gradient: sums.pointer) }

  /// Gathers all slices, and derives the other ranks' weights from them.
  public func publish(to engine: any Engine) throws -> StepTotals {
    if world.rank == world.size - 1 {
      (parameters.pointer + count).update(from: sums.pointer + count, count: StepTail.count)
    }
    try world.allGatherV(inPlace: parameters.buffer, counts: counts)
    engine.parametersChanged(parameters.pointer, in: 0..<slice.lowerBound)
    engine.parametersChanged(parameters.pointer, in: slice.upperBound..<count)
    return StepTail.read(parameters.pointer + count)
  }
}

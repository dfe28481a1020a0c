import GPT
import MPI

/// The reference strategy: one flat all-reduce of the whole gradient, then every rank updates everything.
///
/// Cost on N ranks, with latency α, time per byte β and Adam's time per parameter γ: about
/// 2 log₂N · α + 2 (N − 1)/N · 4P · β + P · γ. The last term does not fall with N.
///
/// The order of the sum is the library's; for the same N and P Open MPI repeats it.
public final class AllReduceSynchronisation: GradientSynchronisation {
  private let world: Communicator
  private let count: Int
  /// (P + 3): the gradient, and its tail.
  private let message: AlignedBuffer<Float>

  public var gradients: [UnsafeMutablePointer<Float>] { [message.pointer] }

  public var slice: Range<Int> { 0..<count }

  public init(parameterCount: Int, world: Communicator) {
    self.world = world
    count = parameterCount
    message = AlignedBuffer(zeros: parameterCount + StepTail.count)
  }

  public func waitForAll() throws { try world.barrier() }

  public func exchange(_ own: StepTotals) throws {
    StepTail.write(own, to: message.pointer + count)
    try world.allReduce(inPlace: message.buffer, .sum)
  }

  public func update(_ slice: AdamSlice, engine: any Engine) { engine.adam(slice, gradient: message.pointer) }

  public func publish(to engine: any Engine) -> StepTotals { StepTail.read(message.pointer + count) }
}

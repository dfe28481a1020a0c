import GPT
import MPI

/// The reference strategy: one flat all-reduce of the whole gradient, then every rank updates everything.
///
/// Cost on N ranks, with latency α, time per byte β and Adam's time per parameter γ: about
/// 2 log₂N · α + 2 (N − 1)/N · 4P · β + P · γ. The last term does not fall with N.
///
/// The loss and the stop request ride behind the gradient, so a step has one collective. The loss travels in two
/// floats, multiples of 1/16 and the remainder: sums of the first are exact up to 2²⁰ nats, so that adding ranks up
/// costs none of the digits that comparisons between runs need.
public final class AllReduceSynchronisation: GradientSynchronisation {
  private static let tail = 3
  private let world: Communicator
  private let count: Int
  /// (P + 3): the gradient, the loss's two parts, ranks that want to stop.
  private let message: AlignedBuffer<Float>

  public var gradient: UnsafeMutablePointer<Float> { message.pointer }

  public var ranks: Int { world.size }

  public init(parameterCount: Int, world: Communicator) {
    self.world = world
    count = parameterCount
    message = AlignedBuffer(zeros: parameterCount + Self.tail)
  }

  public func waitForAll() throws { try world.barrier() }

  public func exchange(_ own: StepTotals) throws -> StepTotals {
    let coarse = (own.lossSum * 16).rounded() / 16
    message[count] = Float(coarse)
    message[count + 1] = Float(own.lossSum - coarse)
    message[count + 2] = own.stop ? 1 : 0
    try world.allReduce(inPlace: message.buffer, .sum)
    return StepTotals(
      lossSum: Double(message[count]) + Double(message[count + 1]), stop: message[count + 2] > 0)
  }

  public func update(_ state: ModelState, engine: any Engine, learningRate: Double, update: Int) {
    updateEverything(state, engine: engine, learningRate: learningRate, update: update)
  }
}

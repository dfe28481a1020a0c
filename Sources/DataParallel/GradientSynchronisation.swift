import GPT

/// What a rank adds to a step besides its gradient, and what all ranks get back.
public struct StepTotals: Sendable, Equatable {
  /// Sum of −log p over predictions, in nats: the shard's, or the global batch's.
  public var lossSum: Double
  /// Whether this rank, or any rank, was asked to stop.
  public var stop: Bool

  public init(lossSum: Double, stop: Bool) {
    self.lossSum = lossSum
    self.stop = stop
  }
}

/// How gradients of the ranks become one update of the parameters all ranks share.
///
/// A step calls `exchange` once and `update` once, on every rank. Neither allocates.
public protocol GradientSynchronisation: AnyObject {
  /// (P): where the rank's engine leaves its shard's gradient, already scaled to the global batch.
  var gradient: UnsafeMutablePointer<Float> { get }

  /// N, the ranks that take part.
  var ranks: Int { get }

  /// Returns when the last rank has arrived, so that its lateness can be told from the exchange itself.
  func waitForAll() throws

  /// Sums gradients, losses and stop requests over the ranks.
  func exchange(_ own: StepTotals) throws -> StepTotals

  /// Updates `state` with the summed gradient; afterwards all ranks see the same parameters.
  ///
  /// - Parameter update: t = step + 1.
  func update(_ state: ModelState, engine: any Engine, learningRate: Double, update: Int) throws
}

extension GradientSynchronisation {
  /// Updates every parameter on this rank, from a gradient that is the same on all.
  func updateEverything(_ state: ModelState, engine: any Engine, learningRate: Double, update: Int) {
    engine.adam(
      range: 0..<state.shape.parameterCount, learningRate: learningRate, update: update, gradient: gradient,
      parameters: state.parameters.pointer, first: state.first.pointer, second: state.second.pointer)
  }
}

/// One rank alone: nothing to exchange, and no MPI. What every other strategy is compared with.
public final class SoloSynchronisation: GradientSynchronisation {
  private let buffer: AlignedBuffer<Float>

  public var gradient: UnsafeMutablePointer<Float> { buffer.pointer }

  public let ranks = 1

  public init(parameterCount: Int) { buffer = AlignedBuffer(zeros: parameterCount) }

  public func waitForAll() {}

  public func exchange(_ own: StepTotals) -> StepTotals { own }

  public func update(_ state: ModelState, engine: any Engine, learningRate: Double, update: Int) {
    updateEverything(state, engine: engine, learningRate: learningRate, update: update)
  }
}

import GPT
import MPI

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

  /// Sums gradients, losses and stop requests over the ranks.
  func exchange(_ own: StepTotals) throws -> StepTotals

  /// Updates `state` with the summed gradient; afterwards all ranks see the same parameters.
  ///
  /// - Parameter update: t = step + 1.
  func update(_ state: ModelState, engine: any Engine, learningRate: Double, update: Int) throws
}

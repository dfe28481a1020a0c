/// One rank's forward and backward pass over its shard of a batch.
///
/// A step is `forward`, `backward`, `adam`; `parametersChanged` after any other change of the parameters.
/// Engines own their activations and know nothing of other ranks. None allocates after its creation.
public protocol Engine: AnyObject {
  var shape: Shape { get }

  /// Runs the forward pass and keeps its activations for `backward`.
  ///
  /// - Parameters:
  ///   - names: the shard, sorted; at most the engine's capacity; may be empty.
  ///   - parameters: (P), canonical order, as at the last `parametersChanged`.
  ///   - scale: what each prediction's gradient is multiplied by: 1 / predicted positions of the GLOBAL batch.
  /// - Returns: the sum (not the mean) of −log p(target) over the shard's predictions, in nats.
  func forward(_ names: UnsafeBufferPointer<Name>, parameters: UnsafePointer<Float>, scale: Double) -> Double

  /// Writes the gradient of scale · loss sum of the last `forward`.
  ///
  /// - Parameter gradient: (P), canonical order; overwritten, with zeros for an empty shard.
  func backward(parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>)

  /// Tells the engine that `parameters` have new values: it renews the copies it keeps in other layouts.
  func parametersChanged(_ parameters: UnsafePointer<Float>)

  /// What the last `forward` and its `backward` amount to.
  var work: StepWork { get }

  /// Updates `range` of the parameters and their moments with one Adam step, and renews the engine's own copies of
  /// that range.
  ///
  /// - Parameters:
  ///   - learningRate: of this step, the schedule applied.
  ///   - update: t = step + 1.
  func adam(
    range: Range<Int>, learningRate: Double, update: Int, gradient: UnsafePointer<Float>,
    parameters: UnsafeMutablePointer<Float>, first: UnsafeMutablePointer<Float>,
    second: UnsafeMutablePointer<Float>)
}

/// The size of one rank's forward and backward pass.
public struct StepWork: Sendable {
  /// R, rows really computed, and U, of them before the attention.
  public var rows, pairs: Int
  /// Floating-point operations of the matrix products and the attention really done, forward and backward.
  public var flops: Double

  /// - Parameter attended: keys seen, summed over the rows.
  init(shape: Shape, rows: Int, pairs: Int, attended: Int) {
    self.rows = rows
    self.pairs = pairs
    let (C, F, V) = (Double(shape.dModel), Double(shape.feedForward), Double(Shape.vocabulary))
    let products = Double(pairs) * 3 * C * C + Double(rows) * (C * C + 2 * C * F + C * V)
    // Forward once, backward twice; attention has two products forward and four backward.
    flops = 6 * products + 12 * Double(attended) * C
  }
}

extension Engine {
  /// β to the power `update`, by repeated multiplication in a fixed order, so that it is the same everywhere.
  static func power(_ beta: Double, _ update: Int) -> Double {
    var result = 1.0
    var factor = beta
    var exponent = update
    while exponent > 0 {
      if exponent & 1 == 1 { result *= factor }
      factor *= factor
      exponent >>= 1
    }
    return result
  }
}

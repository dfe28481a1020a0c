/// One rank's forward and backward pass over its shard of a batch.
///
/// A step is `forward`, `backward`, `adam`; `parametersChanged` after any other change of the parameters.
/// Engines own their activations and know nothing of other ranks. None allocates after its creation.
///
/// What forward reads may lie in memory that several engines share, each of which writes a part of it
/// (`ReplicaLayout`).
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
  /// - Parameters:
  ///   - gradient: (P), canonical order; overwritten, with zeros for an empty shard. Where a group of the engine's factors is
  ///     open (43 C) for each of its passes: the embeddings' gradients alone, and the rest is left to the factors.
  ///   - isFinal: called now and then with an index from which on the gradient will not change any more, at last
  ///     with 0. It is computed from the last tensor to the first, so part of it can be sent meanwhile.
  func backward(
    parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, isFinal: (_ from: Int) -> Void)

  /// Tells the engine that `parameters` (P) have new values in `range`, in its tile order: it renews the weights it
  /// derives from them.
  func parametersChanged(_ parameters: UnsafePointer<Float>, in range: Range<Int>)

  /// What the last `forward` and its `backward` amount to.
  var work: StepWork { get }

  /// Updates a slice of the parameters and their moments with one Adam step, and renews the weights derived from it.
  ///
  /// - Parameter gradients: (P) each; the update's gradient is their sum, added up in this order.
  func adam(_ slice: AdamSlice, gradients: Gradients)

  /// The same straight from what passes left in `factors`, with the same result, of an engine that was made with them.
  ///
  /// - Parameter slice: its range is of whole stripes (`ReplicaLayout`).
  func adam(_ slice: AdamSlice, factors: FactorStore)

  /// Writes the gradient of this rank's passes in `factors`, added up as their folds say, of an engine that was made with them.
  ///
  /// - Parameters:
  ///   - factors: with at least one pass of this rank's.
  ///   - gradient: (P), canonical order; overwritten.
  func gradient(of factors: FactorStore, to gradient: UnsafeMutablePointer<Float>)
}

/// The size of one rank's forward and backward pass.
public struct StepWork: Sendable {
  /// R, rows really computed, and U, of them before the attention.
  public var rows, pairs: Int
  /// Floating-point operations of the matrix products and the attention really done, forward and backward.
  public var flops: Double

  public static let zero = StepWork(rows: 0, pairs: 0, flops: 0)

  private init(rows: Int, pairs: Int, flops: Double) { (self.rows, self.pairs, self.flops) = (rows, pairs, flops) }

  public static func += (left: inout StepWork, right: StepWork) {
    left = StepWork(
      rows: left.rows + right.rows, pairs: left.pairs + right.pairs, flops: left.flops + right.flops)
  }

  /// - Parameter attended: keys seen, summed over the rows.
  init(shape: Shape, rows: Int, pairs: Int, attended: Int) {
    self.rows = rows
    self.pairs = pairs
    let (C, F, V) = (Double(shape.dModel), Double(shape.feedForward), Double(Shape.vocabulary))
    let products = Double(pairs) * 3 * C * C + Double(rows) * (C * C + 2 * C * F + C * V)
    // Forward once, backward twice; attention has two products forward and four backward.
    flops = 6 * products + 12 * Double(attended) * C
  }

  /// Of an engine that computes the tree's rows.
  public init(shape: Shape, _ tree: borrowing PrefixTree) {
    var attended = 0
    for row in 0..<tree.rowCount { attended += Int(tree.position[row]) + 1 }
    self.init(shape: shape, rows: tree.rowCount, pairs: tree.pairCount, attended: attended)
  }

  /// Of an engine that computes every position of `names` by itself.
  public init(shape: Shape, apart names: [Name]) {
    let rows = names.reduce(0) { $0 + $1.positions }
    let attended = names.reduce(0) { $0 + $1.positions * ($1.positions + 1) / 2 }
    self.init(shape: shape, rows: rows, pairs: rows, attended: attended)
  }
}

/// Gradients of (P) each that are to be added up in this order; at least one.
public typealias Gradients = UnsafeBufferPointer<UnsafePointer<Float>>

extension Engine {
  /// Of an engine that keeps no factors.
  public func adam(_ slice: AdamSlice, factors: FactorStore) { preconditionFailure("this engine keeps no factors") }
  public func gradient(of factors: FactorStore, to gradient: UnsafeMutablePointer<Float>) {
    preconditionFailure("this engine keeps no factors")
  }

  /// As `backward` with a listener, for those who wait until all of it is final.
  public func backward(parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>) {
    backward(parameters: parameters, gradient: gradient) { _ in }
  }

  /// As `parametersChanged(_:in:)`, of all parameters.
  public func parametersChanged(_ parameters: UnsafePointer<Float>) {
    parametersChanged(parameters, in: 0..<shape.parameterCount)
  }

  /// As `adam` with several gradients, of one.
  public func adam(_ slice: AdamSlice, gradient: UnsafePointer<Float>) {
    withUnsafePointer(to: gradient) { adam(slice, gradients: Gradients(start: $0, count: 1)) }
  }
}

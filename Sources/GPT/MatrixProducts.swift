/// The matrix products of the vector engine's step, a whole layer at a time, so that an implementation may fuse them
/// and keep the weights as it likes.
///
/// Operands are those of `VectorActivations`, whose comments give the shapes; `weights` and `gradient` are (P), in
/// canonical order. The backward ones call `isFinal` as `Engine.backward` does; without a `gradient` they leave out those of
/// the weights. None allocates.
protocol MatrixProducts: AnyObject {
  /// The weights a second time, as the forward products read them.
  var transposed: TransposedWeights { get }

  /// qkv = y · (Wq, Wk, Wv)ᵀ, a row a pair.
  func queryKeyValue(pairs: Int, _ s: VectorActivations)

  /// x1 = a · Woᵀ + x0[pair].
  func attentionOutput(rows: Int, pair: UnsafePointer<Int32>, _ s: VectorActivations)

  /// h = max(z · W1ᵀ, 0), x2 = h · W2ᵀ + x1, logits = x2 · Wlmᵀ.
  func feedForward(rows: Int, _ s: VectorActivations)

  /// From the gradient of the logits (in `s.logits`) to those of x2 (`s.dx`), h (`s.dh`), z (`s.dz`), W1, W2 and Wlm.
  func feedForwardBackward(
    rows: Int, _ s: VectorActivations, weights: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>?,
    isFinal: (_ from: Int) -> Void)

  /// From the gradient of a linear layer's outputs to those of its inputs and weights.
  func linearBackward(
    _ layer: LinearBackward, weights: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>?,
    isFinal: (_ from: Int) -> Void)
}

/// One linear layer on its way back.
struct LinearBackward {
  /// Its weights begin here, (outputs, inputs).
  let tensor: Tensor
  let rows, inputs, outputs: Int
  /// (rows, inputs)
  let x: UnsafePointer<Float>
  /// (rows, outputs), rows `dyRow` floats apart.
  let dy: UnsafePointer<Float>
  let dyRow: Int
  /// (rows, inputs), overwritten.
  let dx: UnsafeMutablePointer<Float>
}

extension MatrixProducts {
  /// From the gradient of x1 (in `s.dx1`) to those of a (`s.da`) and Wo.
  func attentionOutputBackward(
    rows: Int, _ s: VectorActivations, weights: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>?,
    isFinal: (_ from: Int) -> Void
  ) {
    let C = transposed.shape.dModel
    linearBackward(
      LinearBackward(
        tensor: .attentionOutput, rows: rows, inputs: C, outputs: C, x: s.a, dy: s.dx1, dyRow: C, dx: s.da),
      weights: weights, gradient: gradient, isFinal: isFinal)
  }

  /// From the gradient of qkv (in `s.dqkv`) to those of y (`s.dy`), Wq, Wk and Wv, which are one matrix.
  func queryKeyValueBackward(
    pairs: Int, _ s: VectorActivations, weights: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>?,
    isFinal: (_ from: Int) -> Void
  ) {
    let C = transposed.shape.dModel
    linearBackward(
      LinearBackward(
        tensor: .query, rows: pairs, inputs: C, outputs: 3 * C, x: s.y, dy: s.dqkv, dyRow: 3 * C, dx: s.dy),
      weights: weights, gradient: gradient, isFinal: isFinal)
  }
}

import Kernels

/// The products one number at a time, in the defined arithmetic.
final class PlainProducts: MatrixProducts {
  let transposed: TransposedWeights
  private let shape: Shape

  /// - Parameter derived: memory for the transposed weights, or nil.
  init(shape: Shape, derived: UnsafeMutablePointer<Float>?) {
    self.shape = shape
    transposed = TransposedWeights(shape: shape, layout: .rows, memory: derived)
  }

  func queryKeyValue(pairs: Int, _ s: VectorActivations) {
    let C = shape.dModel
    forward(rows: pairs, inputs: C, outputs: 3 * C, s.y, transposed.queryKeyValue, s.qkv) { sum, _, _ in sum }
  }

  func attentionOutput(rows: Int, pair: UnsafePointer<Int32>, _ s: VectorActivations) {
    let C = shape.dModel
    forward(rows: rows, inputs: C, outputs: C, s.a, transposed.attentionOutput, s.x1) { sum, row, column in
      sum + s.x0[Int(pair[row]) * C + column]
    }
  }

  func feedForward(rows: Int, _ s: VectorActivations) {
    let (C, F) = (shape.dModel, shape.feedForward)
    forward(rows: rows, inputs: C, outputs: F, s.z, transposed.expand, s.h) { sum, _, _ in sum > 0 ? sum : 0 }
    forward(rows: rows, inputs: F, outputs: C, s.h, transposed.contract, s.x2) { sum, row, column in
      sum + s.x1[row * C + column]
    }
    forward(rows: rows, inputs: C, outputs: logitsRow, s.x2, transposed.head, s.logits) { sum, _, _ in sum }
  }

  func feedForwardBackward(
    rows: Int, _ s: VectorActivations, weights w: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>?,
    isFinal: (_ from: Int) -> Void
  ) {
    let (C, F, V) = (shape.dModel, shape.feedForward, Shape.vocabulary)
    linearBackward(
      LinearBackward(
        tensor: .head, rows: rows, inputs: C, outputs: V, x: s.x2, dy: s.logits, dyRow: logitsRow, dx: s.dx),
      weights: w, gradient: gradient, isFinal: isFinal)
    backward(
      LinearBackward(tensor: .contract, rows: rows, inputs: F, outputs: C, x: s.h, dy: s.dx, dyRow: C, dx: s.dh),
      weights: w, gradient: gradient, isFinal: isFinal
    ) { sum, row, column in s.h[row * F + column] > 0 ? sum : 0 }
    linearBackward(
      LinearBackward(tensor: .expand, rows: rows, inputs: C, outputs: F, x: s.z, dy: s.dh, dyRow: F, dx: s.dz),
      weights: w, gradient: gradient, isFinal: isFinal)
  }

  func linearBackward(
    _ layer: LinearBackward, weights: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>?,
    isFinal: (_ from: Int) -> Void
  ) {
    backward(layer, weights: weights, gradient: gradient, isFinal: isFinal) { sum, _, _ in sum }
  }

  private func forward(
    rows: Int, inputs: Int, outputs: Int, _ x: UnsafePointer<Float>, _ transposed: UnsafePointer<Float>,
    _ y: UnsafeMutablePointer<Float>, finish: (_ sum: Float, _ row: Int, _ column: Int) -> Float
  ) {
    Plain.product(
      Plain.Product(
        rows: rows, columns: outputs, depth: inputs, left: x, leftRow: inputs, right: transposed, rightRow: outputs),
      target: y, targetRow: outputs, finish: finish)
  }

  private func backward(
    _ layer: LinearBackward, weights: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>?,
    isFinal: (_ from: Int) -> Void, finish: (_ sum: Float, _ row: Int, _ column: Int) -> Float
  ) {
    let offset = shape.offset(layer.tensor)
    if let gradient {
      Plain.product(
        Plain.Product(
          rows: layer.outputs, columns: layer.inputs, depth: layer.rows, left: layer.dy, leftRow: 1,
          leftDepth: layer.dyRow, right: layer.x, rightRow: layer.inputs),
        target: gradient + offset, targetRow: layer.inputs
      ) { sum, _, _ in sum }
    }
    isFinal(offset)
    Plain.product(
      Plain.Product(
        rows: layer.rows, columns: layer.inputs, depth: layer.outputs, left: layer.dy, leftRow: layer.dyRow,
        right: weights + offset, rightRow: layer.inputs),
      target: layer.dx, targetRow: layer.inputs, finish: finish)
  }
}

import Kernels

/// The products in the vector registers of any CPU: Kernels' GEMM, one product after the other.
final class VectorProducts: MatrixProducts {
  let transposed: TransposedWeights
  private let shape: Shape
  private let isShared: Bool
  /// Room for one panel of a large weight matrix.
  private let packing: AlignedBuffer<Float>

  /// - Parameters:
  ///   - derived: memory for the transposed weights, or nil.
  ///   - isShared: whether other cores read the gradients.
  init(shape: Shape, derived: UnsafeMutablePointer<Float>?, isShared: Bool = false) {
    (self.shape, self.isShared) = (shape, isShared)
    transposed = TransposedWeights(shape: shape, layout: .panels, memory: derived)
    let (C, F) = (shape.dModel, shape.feedForward)
    packing = AlignedBuffer(
      zeros: max(
        packingScratch(inputs: C, outputs: 3 * C), packingScratch(inputs: C, outputs: F),
        packingScratch(inputs: F, outputs: C)))
  }

  func queryKeyValue(pairs U: Int, _ s: VectorActivations) {
    let C = shape.dModel
    linear(
      rows: U, inputs: C, outputs: 3 * C, x: s.y, xRow: C, transposed: transposed.queryKeyValue, y: s.qkv, yRow: 3 * C)
  }

  func attentionOutput(rows R: Int, pair: UnsafePointer<Int32>, _ s: VectorActivations) {
    let C = shape.dModel
    linearAddingGathered(
      rows: R, inputs: C, outputs: C, x: s.a, transposed: transposed.attentionOutput, residual: s.x0, index: pair,
      y: s.x1)
  }

  func feedForward(rows R: Int, _ s: VectorActivations) {
    let (C, F) = (shape.dModel, shape.feedForward)
    linearReLU(rows: R, inputs: C, outputs: F, x: s.z, transposed: transposed.expand, y: s.h)
    linearAdding(rows: R, inputs: F, outputs: C, x: s.h, transposed: transposed.contract, residual: s.x1, y: s.x2)
    linear(
      rows: R, inputs: C, outputs: logitsRow, x: s.x2, xRow: C, transposed: transposed.head, y: s.logits,
      yRow: logitsRow)
  }

  func feedForwardBackward(
    rows R: Int, _ s: VectorActivations, weights w: UnsafePointer<Float>, gradient d: UnsafeMutablePointer<Float>?,
    isFinal: (_ from: Int) -> Void
  ) {
    let (C, F, V) = (shape.dModel, shape.feedForward, Shape.vocabulary)
    linearBackward(
      LinearBackward(
        tensor: .head, rows: R, inputs: C, outputs: V, x: s.x2, dy: s.logits, dyRow: logitsRow, dx: s.dx),
      weights: w, gradient: d, isFinal: isFinal)
    if let d {
      linearWeightGradient(
        rows: R, inputs: F, outputs: C, dy: s.dx, dyRow: C, x: s.h, gradient: d + shape.offset(.contract),
        isShared: isShared)
    }
    isFinal(shape.offset(.contract))
    linearInputGradientBehindReLU(
      rows: R, inputs: F, outputs: C, dy: s.dx, weights: w + shape.offset(.contract), scratch: packing.pointer,
      output: s.h, dx: s.dh)
    isFinal(shape.offset(.contract))
    linearBackward(
      LinearBackward(tensor: .expand, rows: R, inputs: C, outputs: F, x: s.z, dy: s.dh, dyRow: F, dx: s.dz),
      weights: w, gradient: d, isFinal: isFinal)
  }

  /// Word of the weights' gradient as soon as it is there.
  func linearBackward(
    _ layer: LinearBackward, weights w: UnsafePointer<Float>, gradient d: UnsafeMutablePointer<Float>?,
    isFinal: (_ from: Int) -> Void
  ) {
    let offset = shape.offset(layer.tensor)
    if let d {
      linearWeightGradient(
        rows: layer.rows, inputs: layer.inputs, outputs: layer.outputs, dy: layer.dy, dyRow: layer.dyRow, x: layer.x,
        gradient: d + offset, isShared: isShared)
    }
    isFinal(offset)
    linearInputGradient(
      rows: layer.rows, inputs: layer.inputs, outputs: layer.outputs, dy: layer.dy, dyRow: layer.dyRow,
      weights: w + offset, scratch: packing.pointer, dx: layer.dx)
    isFinal(offset)
  }
}

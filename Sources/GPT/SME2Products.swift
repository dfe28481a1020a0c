import CSME2
import Kernels

/// The products in an Arm CPU's matrix unit: six stays in streaming mode a step, one a call.
final class SME2Products: MatrixProducts {
  let transposed: TransposedWeights
  private let shape: Shape
  /// Transposed rows of operands, on their way through the matrix unit.
  private let scratch: AlignedBuffer<Float>
  /// (R, F) bits: where the hidden layer was positive.
  private let mask: AlignedBuffer<UInt8>

  /// - Parameters:
  ///   - rows: the most there can be.
  ///   - derived: memory for the transposed weights, or nil.
  init(shape: Shape, rows: Int, derived: UnsafeMutablePointer<Float>?) {
    precondition(csme2_is_available() != 0, "this CPU has no SME2")
    self.shape = shape
    transposed = TransposedWeights(shape: shape, layout: .rows, memory: derived)
    scratch = AlignedBuffer(zeros: csme2_scratch_floats(shape.dModel))
    mask = AlignedBuffer(zeros: csme2_mask_bytes(rows, shape.feedForward))
  }

  func queryKeyValue(pairs U: Int, _ s: VectorActivations) {
    let C = shape.dModel
    var layer = csme2_linear_t(
      rows: U, inputs: C, outputs: 3 * C, x: s.y, transposed: transposed.queryKeyValue, residual: nil, index: nil,
      y: s.qkv, scratch: scratch.pointer)
    csme2_linear(&layer)
  }

  func attentionOutput(rows R: Int, pair: UnsafePointer<Int32>, _ s: VectorActivations) {
    let C = shape.dModel
    var layer = csme2_linear_t(
      rows: R, inputs: C, outputs: C, x: s.a, transposed: transposed.attentionOutput, residual: s.x0, index: pair,
      y: s.x1, scratch: scratch.pointer)
    csme2_linear(&layer)
  }

  func feedForward(rows R: Int, _ s: VectorActivations) {
    var layer = csme2_feed_forward_t(
      rows: R, width: shape.dModel, hidden: shape.feedForward, logits_row: logitsRow, z: s.z, residual: s.x1,
      expand: transposed.expand, contract: transposed.contract, head: transposed.head, h: s.h, x2: s.x2,
      logits: s.logits, mask: mask.pointer, scratch: scratch.pointer)
    csme2_feed_forward(&layer)
  }

  func feedForwardBackward(
    rows R: Int, _ s: VectorActivations, weights w: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>?,
    isFinal: (_ from: Int) -> Void
  ) {
    guard let d = gradient else { preconditionFailure("the matrix unit keeps no factors") }
    var layer = csme2_feed_forward_backward_t(
      rows: R, width: shape.dModel, hidden: shape.feedForward, logits_row: logitsRow, vocabulary: Shape.vocabulary,
      z: s.z, h: s.h, x2: s.x2, mask: mask.pointer, dlogits: s.logits, expand: w + shape.offset(.expand),
      contract: w + shape.offset(.contract), head: w + shape.offset(.head), dx: s.dx, dh: s.dh, dz: s.dz,
      expand_gradient: d + shape.offset(.expand), contract_gradient: d + shape.offset(.contract),
      head_gradient: d + shape.offset(.head), scratch: scratch.pointer)
    csme2_feed_forward_backward(&layer)
    isFinal(shape.offset(.expand))
  }

  func linearBackward(
    _ layer: LinearBackward, weights w: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>?,
    isFinal: (_ from: Int) -> Void
  ) {
    guard let d = gradient else { preconditionFailure("the matrix unit keeps no factors") }
    let offset = shape.offset(layer.tensor)
    var call = csme2_linear_backward_t(
      rows: layer.rows, inputs: layer.inputs, outputs: layer.outputs, x: layer.x, dy: layer.dy, weights: w + offset,
      dx: layer.dx, gradient: d + offset, scratch: scratch.pointer)
    csme2_linear_backward(&call)
    isFinal(offset)
  }
}

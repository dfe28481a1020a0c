import Kernels

/// What the scalar backward pass needs of the forward pass, and its own intermediate gradients.
/// Widths are per row; names lie one behind the other.
final class ScalarActivations<Real: ScalarReal> {
  typealias Pointer = UnsafeMutablePointer<Real>
  private let storage: AlignedBuffer<Real>

  /// C each.
  let x0, y, q, k, v, a, x1, z, x2: Pointer
  /// F, V, and H · 16.
  let h, logits, p: Pointer
  /// 1 each: the norms' factors.
  let inverseX0, inverseY, inverseZ: Pointer
  /// C each: `dx` is the gradient of the residual stream, x2's first and x0's in the end.
  let dx, da, dq, dk, dv: Pointer
  /// One row only: C, F, 16.
  let dy, dh, dScores: Pointer
  private let rowGradients: Int

  /// Numbers of the block.
  static func count(shape: Shape, rows: Int) -> Int {
    let perRow =
      14 * shape.dModel + shape.feedForward + Shape.vocabulary + shape.heads * Shape.context + 3
    return rows * perRow + shape.dModel + shape.feedForward + Shape.context
  }

  init(shape: Shape, rows: Int) {
    let (C, F) = (rows * shape.dModel, rows * shape.feedForward)
    let (V, P) = (rows * Shape.vocabulary, rows * shape.heads * Shape.context)
    rowGradients = 5 * C
    storage = AlignedBuffer(zeros: Self.count(shape: shape, rows: rows))
    var next = storage.pointer
    func take(_ count: Int) -> Pointer {
      defer { next += count }
      return next
    }
    (dx, da, dq, dk, dv) = (take(C), take(C), take(C), take(C), take(C))
    (x0, y, q, k, v) = (take(C), take(C), take(C), take(C), take(C))
    (a, x1, z, x2) = (take(C), take(C), take(C), take(C))
    (h, logits, p) = (take(F), take(V), take(P))
    (inverseX0, inverseY, inverseZ) = (take(rows), take(rows), take(rows))
    (dy, dh, dScores) = (take(shape.dModel), take(shape.feedForward), take(Shape.context))
  }

  /// Zeroes the gradients that accumulate over a row's uses.
  func clearGradients() { dx.update(repeating: 0, count: rowGradients) }
}

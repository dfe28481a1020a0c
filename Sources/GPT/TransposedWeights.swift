import Kernels

/// The weights a second time, as (inputs, outputs): what the forward products read along memory.
final class TransposedWeights {
  private let shape: Shape
  private let arena: Arena
  /// (C, 3C), (C, C), (C, F), (F, C), and (C, 32) with zeros behind column 27.
  let queryKeyValue, attentionOutput, expand, contract, head: UnsafeMutablePointer<Float>

  init(shape: Shape) {
    self.shape = shape
    let (C, F) = (shape.dModel, shape.feedForward)
    var arena = Arena(count: 4 * C * C + 2 * C * F + C * logitsRow)
    queryKeyValue = arena.take(3 * C * C)
    attentionOutput = arena.take(C * C)
    expand = arena.take(C * F)
    contract = arena.take(F * C)
    head = arena.take(C * logitsRow)
    self.arena = arena
  }

  /// Copies all weights anew from `parameters` (P).
  func renew(from parameters: UnsafePointer<Float>) {
    let (C, F) = (shape.dModel, shape.feedForward)
    transpose(
      rows: 3 * C, columns: C, source: parameters + shape.offset(.query), target: queryKeyValue,
      targetRow: 3 * C)
    transpose(
      rows: C, columns: C, source: parameters + shape.offset(.attentionOutput), target: attentionOutput,
      targetRow: C)
    transpose(rows: F, columns: C, source: parameters + shape.offset(.expand), target: expand, targetRow: F)
    transpose(
      rows: C, columns: F, source: parameters + shape.offset(.contract), target: contract, targetRow: C)
    transpose(
      rows: Shape.vocabulary, columns: C, source: parameters + shape.offset(.head), target: head,
      targetRow: logitsRow)
  }
}

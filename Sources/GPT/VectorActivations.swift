import Kernels

/// Where the vector engine's forward pass leaves what its backward pass needs, and that pass's own
/// intermediate gradients: one block, sized for the most rows a shard can have and touched only as far as it
/// really has them. Comments give the shape.
final class VectorActivations {
  typealias Pointer = UnsafeMutablePointer<Float>
  private let arena: Arena

  /// (U, C): normalised embeddings, and those normalised again.
  let x0, y: Pointer
  /// (U, 3C): queries, keys and values.
  let qkv: Pointer
  /// (R, 16 · heads in quads): attention probabilities.
  let p: Pointer
  /// (R, C): attention output, the residual stream behind attention, its norm, the stream behind the
  /// feed-forward layer.
  let a, x1, z, x2: Pointer
  /// (R, F): the feed-forward layer behind its ReLU.
  let h: Pointer
  /// (R, 32): logits, then their gradients.
  let logits: Pointer
  /// (U), (U), (R): the norms' factors.
  let inverseX0, inverseY, inverseZ: Pointer
  /// (R): predictions of a row times the gradient's scale, its largest logit, and log Σ exp of its logits.
  let weight, maximum, logNormaliser: Pointer
  /// (R, C): gradient of the residual stream, of attention's output, of z.
  let dx, da, dz: Pointer
  /// (R, F)
  let dh: Pointer
  /// (U, 3C), (U, C), (U, C)
  let dqkv, dy, dx0: Pointer
  /// Room for one panel of a large weight matrix.
  let packing: Pointer

  init(shape: Shape, attention: AttentionShape, rows: Int, pairs: Int) {
    let (C, F) = (shape.dModel, shape.feedForward)
    let sizes = [
      pairs * C, pairs * C, pairs * 3 * C + attentionOverrun, rows * attention.probabilitiesPerRow,
      rows * C + attentionOverrun, rows * C, rows * C, rows * C,
      rows * F, rows * logitsRow, pairs, pairs, rows, rows, rows, rows,
      rows * C, rows * C + attentionOverrun, rows * C, rows * F,
      pairs * 3 * C + attentionOverrun, pairs * C, pairs * C,
      max(packingScratch(inputs: C, outputs: F), packingScratch(inputs: F, outputs: C), packingScratch(inputs: C, outputs: 3 * C)),
    ]
    var arena = Arena(count: sizes.reduce(0) { $0 + Arena.padded($1) })
    let pieces = sizes.map { arena.take($0) }
    (x0, y, qkv, p) = (pieces[0], pieces[1], pieces[2], pieces[3])
    (a, x1, z, x2) = (pieces[4], pieces[5], pieces[6], pieces[7])
    (h, logits) = (pieces[8], pieces[9])
    (inverseX0, inverseY, inverseZ) = (pieces[10], pieces[11], pieces[12])
    (weight, maximum, logNormaliser) = (pieces[13], pieces[14], pieces[15])
    (dx, da, dz, dh) = (pieces[16], pieces[17], pieces[18], pieces[19])
    (dqkv, dy, dx0, packing) = (pieces[20], pieces[21], pieces[22], pieces[23])
    self.arena = arena
  }
}

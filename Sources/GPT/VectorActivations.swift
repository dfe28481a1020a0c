import Kernels

/// Where the vector engine's forward pass leaves what its backward pass needs, and that pass's own
/// intermediate gradients: one block, sized for the most rows a shard can have and touched only as far as it
/// really has them. Comments give the shape.
final class VectorActivations {
  typealias Pointer = UnsafeMutablePointer<Float>
  private let storage: AlignedBuffer<Float>
  /// Whose memory is used besides.
  private let base: VectorActivations?
  private let sharedPairs: SharedPairs?

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
  /// (R, C): gradients of x2 and of x1, which share their memory unless passes are kept; of attention's output, of z.
  let dx, dx1, da, dz: Pointer
  /// (R, F)
  let dh: Pointer
  /// (U, 3C), (U, C), (U, C)
  let dqkv, dy, dx0: Pointer

  /// Floats of the block.
  static func count(shape: Shape, attention: AttentionShape, rows: Int, pairs: Int) -> Int {
    forwardCount(shape: shape, attention: attention, rows: rows, pairs: pairs)
      + backwardCount(shape: shape, rows: rows, pairs: pairs)
  }

  /// Of them, what the forward pass leaves.
  static func forwardCount(shape: Shape, attention: AttentionShape, rows: Int, pairs: Int) -> Int {
    let perRow = 4 * shape.dModel + shape.feedForward + attention.probabilitiesPerRow + logitsRow
    // Four arrays of single numbers a row and two a pair, and two that attention may read past.
    return rows * perRow + pairs * 5 * shape.dModel + 4 * CacheLine.padded(rows) + 2 * CacheLine.padded(pairs)
      + 2 * attentionOverrun
  }

  /// Of them, the backward pass's own.
  static func backwardCount(shape: Shape, rows: Int, pairs: Int) -> Int {
    rows * (3 * shape.dModel + shape.feedForward) + pairs * 5 * shape.dModel + 2 * attentionOverrun
  }

  /// - Parameters:
  ///   - rows, pairs: the most there can be.
  init(shape: Shape, attention: AttentionShape, rows: Int, pairs: Int) {
    let (C, F) = (shape.dModel, shape.feedForward)
    storage = AlignedBuffer(zeros: Self.count(shape: shape, attention: attention, rows: rows, pairs: pairs))
    (base, sharedPairs) = (nil, nil)
    var arena = Arena(storage)
    x0 = arena.take(pairs * C)
    y = arena.take(pairs * C)
    qkv = arena.take(pairs * 3 * C + attentionOverrun)
    p = arena.take(rows * attention.probabilitiesPerRow)
    a = arena.take(rows * C + attentionOverrun)
    x1 = arena.take(rows * C)
    z = arena.take(rows * C)
    x2 = arena.take(rows * C)
    h = arena.take(rows * F)
    logits = arena.take(rows * logitsRow)
    inverseX0 = arena.take(pairs)
    inverseY = arena.take(pairs)
    inverseZ = arena.take(rows)
    weight = arena.take(rows)
    maximum = arena.take(rows)
    logNormaliser = arena.take(rows)
    dx = arena.take(rows * C)
    dx1 = dx
    da = arena.take(rows * C + attentionOverrun)
    dz = arena.take(rows * C)
    dh = arena.take(rows * F)
    dqkv = arena.take(pairs * 3 * C + attentionOverrun)
    dy = arena.take(pairs * C)
    dx0 = arena.take(pairs * C)
  }

  /// The same memory, but for what pairs have: the forward pass of several parts, whose pairs it computes once.
  init(_ other: VectorActivations, pairs: SharedPairs) {
    storage = AlignedBuffer(zeros: 0)
    (base, sharedPairs) = (other, pairs)
    (x0, y, qkv, inverseX0, inverseY) = (pairs.x0, pairs.y, pairs.qkv, pairs.inverseX0, pairs.inverseY)
    (p, a, x1, z, x2, h, logits) = (other.p, other.a, other.x1, other.z, other.x2, other.h, other.logits)
    (inverseZ, weight, maximum, logNormaliser) = (other.inverseZ, other.weight, other.maximum, other.logNormaliser)
    (dx, dx1, da, dz, dh) = (other.dx, other.dx1, other.da, other.dz, other.dh)
    (dqkv, dy, dx0) = (other.dqkv, other.dy, other.dx0)
  }

  /// The same memory, but for what is kept.
  init(_ other: VectorActivations, keeping kept: KeptActivations) {
    storage = AlignedBuffer(zeros: 0)
    (base, sharedPairs) = (other, nil)
    (x0, qkv, p, x1) = (other.x0, other.qkv, other.p, other.x1)
    (inverseX0, inverseY, inverseZ) = (other.inverseX0, other.inverseY, other.inverseZ)
    (weight, maximum, logNormaliser) = (other.weight, other.maximum, other.logNormaliser)
    (da, dz, dy, dx0) = (other.da, other.dz, other.dy, other.dx0)
    (y, a, z, x2, h, logits) = (kept.y, kept.a, kept.z, kept.x2, kept.h, kept.logits)
    (dx, dx1, dh, dqkv) = (kept.dx, kept.dx1, kept.dh, kept.dqkv)
  }
}

/// What the forward pass of several parts leaves of pairs, before each part gets copies of its own.
final class SharedPairs {
  private let storage: AlignedBuffer<Float>
  /// As in `VectorActivations`.
  let x0, y, qkv, inverseX0, inverseY: UnsafeMutablePointer<Float>

  /// - Parameter pairs: the most there can be.
  init(shape: Shape, pairs: Int) {
    let C = shape.dModel
    storage = AlignedBuffer(zeros: pairs * 5 * C + attentionOverrun + 2 * CacheLine.padded(pairs))
    var arena = Arena(storage)
    x0 = arena.take(pairs * C)
    y = arena.take(pairs * C)
    qkv = arena.take(pairs * 3 * C + attentionOverrun)
    inverseX0 = arena.take(pairs)
    inverseY = arena.take(pairs)
  }
}

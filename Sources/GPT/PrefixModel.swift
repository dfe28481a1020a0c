import CSIMD
import Kernels

/// The model's forward pass for the last position of many prefixes at once.
///
/// Queries, keys and values depend on (token, position) alone, so those of all 432 pairs are computed once; a prefix costs
/// one row of attention and of the products after it. The bits of a row do not depend on the rows beside it.
final class PrefixModel {
  let shape: Shape
  /// The most rows of a pass: as many as stay in the second-level cache.
  let capacity: Int
  private let attentionShape: AttentionShape
  private let s: VectorActivations
  private let products: VectorProducts
  /// (capacity, 16): a row's pairs, ancestors first.
  private let path: AlignedBuffer<Int32>
  /// (capacity): a row's own.
  private let pair: AlignedBuffer<Int32>

  /// (rows, 32): logits of the last pass, of the token after each prefix.
  var logits: UnsafePointer<Float> { UnsafePointer(s.logits) }

  private static let pairs = Shape.vocabulary * Shape.context
  /// Floats of activations that a pass may touch.
  private static let floatsInCache = 1 << 17

  /// - Parameter parameters: (P), canonical order; not read after this.
  init(shape: Shape, parameters: UnsafePointer<Float>) {
    self.shape = shape
    capacity = max(Self.floatsInCache / (8 * shape.dModel + 64) / Vector.count * Vector.count, 3 * Vector.count)
    attentionShape = AttentionShape(heads: shape.heads, headDim: shape.headDim)
    s = VectorActivations(shape: shape, attention: attentionShape, rows: capacity, pairs: Self.pairs)
    products = VectorProducts(shape: shape, derived: nil)
    path = AlignedBuffer(zeros: capacity * Shape.context)
    pair = AlignedBuffer(zeros: capacity)
    products.transposed.renew(0..<shape.parameterCount, from: parameters)
    embedPairs(parameters)
  }

  private func embedPairs(_ w: UnsafePointer<Float>) {
    let (U, C) = (Self.pairs, shape.dModel)
    let tokens = (0..<U).map { Int32($0 % Shape.vocabulary) }
    let positions = (0..<U).map { Int32($0 / Shape.vocabulary) }
    embed(
      rows: U, width: C, tokens: tokens, positions: positions, wte: w + shape.offset(.tokenEmbedding),
      wpe: w + shape.offset(.positionEmbedding), x: s.x0)
    rmsNorm(rows: U, width: C, x: s.x0, y: s.x0, inverse: s.inverseX0)
    rmsNorm(rows: U, width: C, x: s.x0, y: s.y, inverse: s.inverseY)
    products.queryKeyValue(pairs: U, s)
  }

  /// Row `row` of the next pass is the prefix of `tokens` that ends at `position`.
  ///
  /// - Parameter tokens: (16), the boundary first; those after `position` do not matter.
  @inline(__always)
  func setRow(_ row: Int, tokens: UnsafePointer<UInt8>, position: Int) {
    let tokens = UnsafeRawPointer(tokens).loadUnaligned(as: SIMD16<UInt8>.self)
    let pairs = SIMD16<Int32>(truncatingIfNeeded: tokens) &+ Self.firstPairs
    UnsafeMutableRawPointer(path.pointer + row * Shape.context).storeBytes(of: pairs, as: SIMD16<Int32>.self)
    pair[row] = path[row * Shape.context + position]
  }

  private static var firstPairs: SIMD16<Int32> {
    SIMD16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) &* Int32(Shape.vocabulary)
  }

  /// Leaves the logits of the first `rows` rows, all at one position, in `logits`.
  func run(rows: Int, position: Int) {
    attention(
      PrefixRows(count: rows, position: position, pairs: path.pointer), shape: attentionShape, qkv: s.qkv,
      probabilities: s.p, output: s.a)
    products.attentionOutput(rows: rows, pair: pair.pointer, s)
    rmsNorm(rows: rows, width: shape.dModel, x: s.x1, y: s.z, inverse: s.inverseZ)
    products.feedForward(rows: rows, s)
  }
}

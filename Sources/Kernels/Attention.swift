import CSIMD

/// The rows attention runs over: a prefix tree in preorder.
///
/// A row attends to itself and to the rows last seen at each smaller position, so one walk with a path of at most
/// 16 entries serves any tree. Without shared prefixes the tree is a bundle of chains. Queries, keys and values
/// may be shared by rows (`pair`): they depend on (token, position) alone.
public struct AttentionRows: RowsWithPaths {
  /// R
  var count: Int
  /// (R), 0…15: the row's depth in the tree.
  var positions: UnsafePointer<Int32>
  /// (R): the row's row of queries, keys and values.
  var pair: UnsafePointer<Int32>
  /// The path of the row before the first, from the root: how long it is, and the pair of each position.
  var before: (count: Int, pair: UnsafePointer<Int32>)?

  public init(
    count: Int, positions: UnsafePointer<Int32>, pair: UnsafePointer<Int32>,
    before: (count: Int, pair: UnsafePointer<Int32>)? = nil
  ) {
    self.count = count
    self.positions = positions
    self.pair = pair
    self.before = before
  }

  @inline(__always)
  func begin(_ path: UnsafeMutablePointer<Int>, stride: Int) {
    guard let before else { return }
    for position in 0..<before.count { path[position] = Int(before.pair[position]) * stride }
  }

  @inline(__always)
  func position(_ row: Int) -> Int { Int(positions[row]) }

  @inline(__always)
  func extend(_ path: UnsafeMutablePointer<Int>, to row: Int, stride: Int) {
    path[position(row)] = Int(pair[row]) * stride
  }
}

/// The rows attention runs over when each stands for itself, all at one depth: none attends to another.
public struct PrefixRows: RowsWithPaths {
  /// R
  var count: Int
  /// 0…15, of all rows.
  var position: Int
  /// (R, 16): rows of queries, keys and values of a row's ancestors and, at `position`, its own.
  var pairs: UnsafePointer<Int32>

  public init(count: Int, position: Int, pairs: UnsafePointer<Int32>) {
    self.count = count
    self.position = position
    self.pairs = pairs
  }

  @inline(__always)
  func position(_ row: Int) -> Int { position }

  @inline(__always)
  func extend(_ path: UnsafeMutablePointer<Int>, to row: Int, stride: Int) {
    for j in 0...position { path[j] = Int(pairs[row * Vector.count + j]) * stride }
  }
}

/// Rows, each of which attends to the rows along a path of its own.
protocol RowsWithPaths {
  var count: Int { get }

  /// 0…15: a row attends to one more.
  func position(_ row: Int) -> Int

  /// Turns the path of the row before into that of `row`: offsets of `stride` floats a row, up to its position.
  func extend(_ path: UnsafeMutablePointer<Int>, to row: Int, stride: Int)
}

public struct AttentionShape: Sendable {
  /// H
  var heads: Int
  /// hd = C / H; any.
  var headDim: Int

  public init(heads: Int, headDim: Int) {
    self.heads = heads
    self.headDim = headDim
  }

  /// C
  var width: Int { heads * headDim }
  /// Heads are taken four at a time.
  var quads: Int { (heads + 3) / 4 }
  /// 1 / sqrt(hd)
  var scale: Float { 1 / Float(headDim).squareRoot() }
  /// Floats of probabilities a row: 16 keys of each head, in quads.
  public var probabilitiesPerRow: Int { quads * 4 * Vector.count }
}

/// Floats behind the end of `qkv`, `dqkv` and the outputs that may be read or overwritten: the last vector of a
/// head of odd width reaches over its end.
public let attentionOverrun = Vector.count

/// a[r] = Σⱼ softmaxⱼ(q[r] · kⱼ / sqrt(hd)) vⱼ over the row's ancestors and itself, head by head.
///
/// - Parameters:
///   - qkv: (U, 3C) and `attentionOverrun` floats, all finite: queries, keys, values side by side.
///   - probabilities: (R, `probabilitiesPerRow`), for the backward pass; overwritten.
///   - output: (R, C) and `attentionOverrun` floats; overwritten.
///
/// Source: Vaswani et al., "Attention Is All You Need", 2017, §3.2.
public func attention(
  _ rows: AttentionRows, shape: AttentionShape, exponential: ExponentialKind, qkv: Floats,
  probabilities: MutableFloats, output: MutableFloats
) {
  switch exponential {
  case .fast: attention(FastExponential.self, rows, shape, qkv, probabilities, output)
  case .exact: attention(ExactExponential.self, rows, shape, qkv, probabilities, output)
  case .coarse: attention(CoarseExponential.self, rows, shape, qkv, probabilities, output)
  case .defined: attention(DefinedExponential.self, rows, shape, qkv, probabilities, output)
  }
}

/// The same for rows that each stand for themselves, with the fast exponential. The bits of a row's output do not depend on
/// the other rows.
public func attention(
  _ rows: PrefixRows, shape: AttentionShape, qkv: Floats, probabilities: MutableFloats, output: MutableFloats
) {
  attention(FastExponential.self, rows, shape, qkv, probabilities, output)
}

@inline(__always)
private func attention<Exp: Exponential>(
  _: Exp.Type, _ rows: some RowsWithPaths, _ shape: AttentionShape, _ qkv: Floats, _ probabilities: MutableFloats,
  _ output: MutableFloats
) {
  switch (shape.headDim, shape.heads % 4) {
  case (4, 0): forward(Exp.self, rows, shape, qkv, probabilities, output) { _ in HeadsOf4() }
  case (8, 0): forward(Exp.self, rows, shape, qkv, probabilities, output) { _ in HeadsOf8() }
  default:
    forward(Exp.self, rows, shape, qkv, probabilities, output) { quad in
      WideHeads(heads: min(4, shape.heads - 4 * quad), headDim: shape.headDim)
    }
  }
}

/// The backward of `attention`: dqkv += the gradients of queries, keys and values.
///
/// - Parameters:
///   - arithmetic: the forward pass's.
///   - dOutput: (R, C) and `attentionOverrun` floats, all finite: lanes beyond a head are multiplied by 0.
///   - dqkv: (U, 3C) and `attentionOverrun` floats; accumulates, rows in order.
public func attentionBackward(
  _ rows: AttentionRows, shape: AttentionShape, arithmetic: Arithmetic = .quick, qkv: Floats, probabilities: Floats,
  dOutput: Floats, dqkv: MutableFloats
) {
  switch arithmetic {
  case .quick: backward(rows, shape, qkv, probabilities, dOutput, dqkv) { $0 }
  case .defined: backward(rows, shape, qkv, probabilities, dOutput, dqkv, withoutTiny)
  }
}

/// - Parameter kept: what the scores' gradients become.
@inline(__always)
private func backward(
  _ rows: AttentionRows, _ shape: AttentionShape, _ qkv: Floats, _ probabilities: Floats, _ dOutput: Floats,
  _ dqkv: MutableFloats, _ kept: (Vector) -> Vector
) {
  switch (shape.headDim, shape.heads % 4) {
  case (4, 0): backward(rows, shape, qkv, probabilities, dOutput, dqkv, kept) { _ in HeadsOf4() }
  case (8, 0): backward(rows, shape, qkv, probabilities, dOutput, dqkv, kept) { _ in HeadsOf8() }
  default:
    backward(rows, shape, qkv, probabilities, dOutput, dqkv, kept) { quad in
      WideHeads(heads: min(4, shape.heads - 4 * quad), headDim: shape.headDim)
    }
  }
}

// Keys come in groups of four. In a row's last group, entries of the path beyond the row's own position are left
// over from other branches: finite numbers whose weight is zero, so that no count needs a loop of its own.

@inline(__always)
private func forward<Exp: Exponential, Quad: HeadQuad>(
  _: Exp.Type, _ rows: some RowsWithPaths, _ shape: AttentionShape, _ qkv: Floats, _ probabilities: MutableFloats,
  _ output: MutableFloats, _ heads: (Int) -> Quad
) {
  let width = shape.width
  let scale = shape.scale
  withPath { path, _ in
    for row in 0..<rows.count {
      let position = rows.position(row)
      rows.extend(path, to: row, stride: 3 * width)
      let own = path[position]
      let inUse = Vector.firstOfBlocks(position % 4 + 1)
      unrolled(Quad.self, groups: position / 4 + 1) { groups in
        for quad in 0..<shape.quads {
          let layout = heads(quad)
          let first = quad * 4 * shape.headDim
          let weights = probabilities + row * shape.probabilitiesPerRow + quad * 4 * Vector.count
          let query = qkv + own + first
          let keys = qkv + width + first
          var maximum = Vector(repeating: -1e30)
          for group in 0..<groups {
            let j = group * 4
            var scores =
              layout.dots(query, keys + path[j], keys + path[j + 1], keys + path[j + 2], keys + path[j + 3]) * scale
            if group == groups - 1 { scores = multiplyAdd((inUse - 1) * 1e30, inUse, scores) }
            scores.store(weights + group * Vector.count)
            maximum = csimd_max(maximum, scores)
          }
          maximum = csimd_max(maximum, csimd_swap_lanes(maximum))
          maximum = csimd_max(maximum, csimd_swap_pairs(maximum))
          var sum = Vector.zero
          for group in 0..<groups {
            let at = weights + group * Vector.count
            var e = Exp.of(Vector(at) - maximum)
            if group == groups - 1 { e *= inUse }
            e.store(at)
            sum += e
          }
          let inverse = Exp.reciprocal(blockSum(sum))
          for group in 0..<groups {
            let at = weights + group * Vector.count
            csimd_whole(Vector(at) * inverse).store(at)
          }
          layout.weightedSum(
            groups: groups, weights: weights, base: qkv + 2 * width + first, rows: path, accumulating: false,
            target: output + row * width + first)
        }
      }
    }
  }
}

@inline(__always)
private func backward<Quad: HeadQuad>(
  _ rows: AttentionRows, _ shape: AttentionShape, _ qkv: Floats, _ probabilities: Floats, _ dOutput: Floats,
  _ dqkv: MutableFloats, _ kept: (Vector) -> Vector, _ heads: (Int) -> Quad
) {
  let width = shape.width
  let scale = shape.scale
  withPath { path, dScores in
    rows.begin(path, stride: 3 * width)
    for row in 0..<rows.count {
      let position = rows.position(row)
      rows.extend(path, to: row, stride: 3 * width)
      let own = path[position]
      unrolled(Quad.self, groups: position / 4 + 1) { groups in
        for quad in 0..<shape.quads {
          let layout = heads(quad)
          let first = quad * 4 * shape.headDim
          let weights = probabilities + row * shape.probabilitiesPerRow + quad * 4 * Vector.count
          let dHeads = dOutput + row * width + first
          let (keys, values) = (width + first, 2 * width + first)
          var inner = Vector.zero
          for group in 0..<groups {
            let j = group * 4
            let v = qkv + values
            let dWeights = layout.dots(dHeads, v + path[j], v + path[j + 1], v + path[j + 2], v + path[j + 3])
            dWeights.store(dScores + group * Vector.count)
            inner = multiplyAdd(inner, dWeights, Vector(weights + group * Vector.count))
          }
          inner = blockSum(inner)
          for group in 0..<groups {
            let at = dScores + group * Vector.count
            csimd_whole(kept(Vector(weights + group * Vector.count) * (Vector(at) - inner) * scale)).store(at)
          }
          layout.weightedSum(
            groups: groups, weights: dScores, base: qkv + keys, rows: path, accumulating: true,
            target: dqkv + own + first)
          layout.spread(groups: groups, weights: dScores, left: qkv + own + first, base: dqkv + keys, rows: path)
          layout.spread(groups: groups, weights: weights, left: dHeads, base: dqkv + values, rows: path)
        }
      }
    }
  }
}

/// Calls `body` with the number of groups: one and two, which most rows have, as constants that leave no loops where four
/// heads are one vector. Weights are then made `csimd_whole`, or the compiler takes them apart.
@inline(__always)
private func unrolled<Quad: HeadQuad>(_: Quad.Type, groups: Int, _ body: (Int) -> Void) {
  switch groups {
  case 1 where Quad.areOneVector: body(1)
  case 2 where Quad.areOneVector: body(2)
  default: body(groups)
  }
}

/// Calls `body` with the path, an offset per lane, and room for 16 keys of four heads. Bare memory: an array would be copied
/// at every use.
@inline(__always)
private func withPath(_ body: (_ path: UnsafeMutablePointer<Int>, _ weights: MutableFloats) -> Void) {
  withUnsafeTemporaryAllocation(of: Int.self, capacity: Vector.count) { path in
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 4 * Vector.count) { weights in
      path.initialize(repeating: 0)
      body(path.baseAddress.unsafelyUnwrapped, weights.baseAddress.unsafelyUnwrapped)
    }
  }
}

/// The sum over each block's four lanes, in all of them.
@inline(__always)
private func blockSum(_ x: Vector) -> Vector {
  let pairs = x + csimd_swap_lanes(x)
  return pairs + csimd_swap_pairs(pairs)
}

extension Vector {
  /// Ones in the first `count` (1…4) lanes of each block, zeros elsewhere.
  @inline(__always)
  fileprivate static func firstOfBlocks(_ count: Int) -> Vector {
    let lanes = Vector(0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3)
    return Vector.zero.replacing(with: 1, where: lanes .< Vector(repeating: Float(count)))
  }
}

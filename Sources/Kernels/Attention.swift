import CSIMD

/// Causal attention over rows that form a prefix tree.
///
/// Rows stand in preorder: the keys a row attends to are its own and those of the rows last seen at each
/// smaller position, so one walk with a path of at most 16 entries serves any tree. Without shared prefixes
/// the tree is a bundle of chains. Queries, keys and values may be shared by rows (`pair`): they depend on
/// (token, position) alone.
public struct AttentionShape: Sendable {
  /// H
  public var heads: Int
  /// hd = C / H; any.
  public var headDim: Int

  public init(heads: Int, headDim: Int) {
    self.heads = heads
    self.headDim = headDim
  }

  /// C
  var width: Int { heads * headDim }
  /// 1 / sqrt(hd)
  var scale: Float { 1 / Float(headDim).squareRoot() }
  /// Lanes of the last vector of a head that belong to it.
  func lanes(from offset: Int) -> Vector { Vector.ones(upTo: headDim - offset) }
}

/// Floats behind the end of `qkv`, `dqkv`, `dOutput` and the output that are read or overwritten: heads narrower
/// than a vector reach over their end. What stands there must be finite: it is multiplied by 0.
public let attentionOverrun = Vector.count

/// a[r] = Σⱼ softmaxⱼ(q[r] · kⱼ / sqrt(hd)) vⱼ over the row's ancestors and itself, head by head.
///
/// - Parameters:
///   - rows: R.
///   - positions: (R), 0…15: the row's depth in the tree.
///   - pair: (R): the row's row of qkv.
///   - qkv: (U, 3C) and `attentionOverrun` floats: queries, keys, values side by side.
///   - keyColumns: (C, 16), scratch: the path's keys, transposed, one column a position.
///   - probabilities: (R, H, 16); overwritten; zero behind the row's own position.
///   - output: (R, C) and `attentionOverrun` floats; overwritten.
///
/// Source: Vaswani et al., "Attention Is All You Need", 2017, §3.2.
public func attention(
  rows: Int, shape: AttentionShape, positions: UnsafePointer<Int32>, pair: UnsafePointer<Int32>,
  qkv: Floats, keyColumns: MutableFloats, probabilities: MutableFloats, output: MutableFloats
) {
  let width = shape.width
  let headDim = shape.headDim
  let scale = shape.scale
  keyColumns.update(repeating: 0, count: width * Vector.count)
  var path = InlineArray<16, Int>(repeating: 0)
  for row in 0..<rows {
    let position = Int(positions[row])
    let query = qkv + Int(pair[row]) * 3 * width
    path[position] = Int(pair[row]) * 3 * width
    setColumn(position, of: keyColumns, width: width, to: query + width)
    let seen = Vector.ones(upTo: position + 1)
    let unseen = (seen - 1) * 1e30
    for head in 0..<shape.heads {
      let first = head * headDim
      let scores = dot(count: headDim, query + first, columns: keyColumns + first * Vector.count)
      let masked = multiplyAdd(unseen, seen, scores * scale)
      let exponentials = exponential(masked - masked.laneMaximum) * seen
      let weights = probabilities + (row * shape.heads + head) * Vector.count
      (exponentials * (1 / exponentials.laneSum)).store(weights)
      var offset = 0
      repeat {
        var sum = Vector.zero
        for j in 0...position {
          sum = multiplyAdd(sum, weights[j], Vector(qkv + path[j] + 2 * width + first + offset))
        }
        sum.store(output + row * width + first + offset)
        offset += Vector.count
      } while offset < headDim
    }
  }
}

/// The backward of `attention`: dqkv += the gradients of queries, keys and values.
///
/// - Parameters:
///   - dOutput: (R, C) and `attentionOverrun` floats.
///   - valueColumns: (C, 16), scratch.
///   - dqkv: (U, 3C) and `attentionOverrun` floats; accumulates, rows in order.
public func attentionBackward(
  rows: Int, shape: AttentionShape, positions: UnsafePointer<Int32>, pair: UnsafePointer<Int32>,
  qkv: Floats, probabilities: Floats, dOutput: Floats, valueColumns: MutableFloats, dqkv: MutableFloats
) {
  let width = shape.width
  let headDim = shape.headDim
  let scale = shape.scale
  valueColumns.update(repeating: 0, count: width * Vector.count)
  var path = InlineArray<16, Int>(repeating: 0)
  var scoreGradient = InlineArray<16, Float>(repeating: 0)
  for row in 0..<rows {
    let position = Int(positions[row])
    let own = Int(pair[row]) * 3 * width
    path[position] = own
    setColumn(position, of: valueColumns, width: width, to: qkv + own + 2 * width)
    for head in 0..<shape.heads {
      let first = head * headDim
      let dHead = dOutput + row * width + first
      let weights = probabilities + (row * shape.heads + head) * Vector.count
      let p = Vector(weights)
      let dp = dot(count: headDim, dHead, columns: valueColumns + first * Vector.count)
      let ds = p * (dp - (p * dp).laneSum) * scale
      for j in 0...position { scoreGradient[j] = ds[j] }
      var offset = 0
      repeat {
        let at = first + offset
        let lanes = shape.lanes(from: offset)
        let q = Vector(qkv + own + at) * lanes
        let dOut = Vector(dHead + offset) * lanes
        var dq = Vector.zero
        for j in 0...position {
          let key = path[j] + width + at
          let value = key + width
          dq = multiplyAdd(dq, scoreGradient[j], Vector(qkv + key))
          multiplyAdd(Vector(dqkv + key), scoreGradient[j], q).store(dqkv + key)
          multiplyAdd(Vector(dqkv + value), weights[j], dOut).store(dqkv + value)
        }
        multiplyAdd(Vector(dqkv + own + at), lanes, dq).store(dqkv + own + at)
        offset += Vector.count
      } while offset < headDim
    }
  }
}

/// Writes a row's `width` numbers into one column of a (width, 16) matrix.
@inline(__always)
private func setColumn(_ column: Int, of columns: MutableFloats, width: Int, to row: Floats) {
  for i in 0..<width { columns[i * Vector.count + column] = row[i] }
}

/// Σ_d left[d] · columns[d]: 16 dot products at once, one a lane.
@inline(__always)
private func dot(count: Int, _ left: Floats, columns: Floats) -> Vector {
  var sum = Vector.zero
  for d in 0..<count { sum = multiplyAdd(sum, left[d], Vector(columns + d * Vector.count)) }
  return sum
}

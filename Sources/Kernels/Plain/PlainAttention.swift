extension Plain {
  /// a[r] = Σⱼ softmaxⱼ(q[r] · kⱼ / sqrt(hd)) vⱼ over the row's ancestors and itself, head by head.
  public static func attention(
    _ rows: AttentionRows, shape: AttentionShape, qkv: Floats, probabilities: MutableFloats, output: MutableFloats
  ) {
    let width = shape.width
    let heads = PlainHeads(shape)
    forEachRow(rows, stride: 3 * width) { row, path, keys in
      for head in 0..<shape.heads {
        let first = head * shape.headDim
        let weights = probabilities + row * shape.probabilitiesPerRow + PlainHeads.firstWeight(of: head)
        var top: Float = -1e30
        for key in 0..<keys {
          let score = heads.dot(qkv + path[keys - 1] + first, qkv + path[key] + width + first) * shape.scale
          weights[PlainHeads.place(key)] = score
          top = max(top, score)
        }
        // Four keys at a time; those that are missing of the last four weigh nothing.
        var lanes: InlineArray<4, Float> = [0, 0, 0, 0]
        for key in 0..<PlainHeads.padded(keys) {
          let e = key < keys ? exponential(weights[PlainHeads.place(key)] - top) : 0
          weights[PlainHeads.place(key)] = e
          lanes[key % 4] += e
        }
        let inverse = 1 / heads.sum(lanes)
        for key in 0..<PlainHeads.padded(keys) { weights[PlainHeads.place(key)] *= inverse }
        let target = output + row * width + first
        for i in 0..<shape.headDim { target[i] = 0 }
        heads.addWeighed(keys, weights, qkv + 2 * width + first, path, to: target)
      }
    }
  }

  /// The backward of `attention`: dqkv += the gradients of queries, keys and values.
  public static func attentionBackward(
    _ rows: AttentionRows, shape: AttentionShape, qkv: Floats, probabilities: Floats, dOutput: Floats,
    dqkv: MutableFloats
  ) {
    let width = shape.width
    let heads = PlainHeads(shape)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 4 * Vector.count) { scratch in
      let dScores = scratch.baseAddress.unsafelyUnwrapped
      forEachRow(rows, stride: 3 * width) { row, path, keys in
        for head in 0..<shape.heads {
          let first = head * shape.headDim
          let weights = probabilities + row * shape.probabilitiesPerRow + PlainHeads.firstWeight(of: head)
          let dHead = dOutput + row * width + first
          let own = path[keys - 1] + first
          var lanes: InlineArray<4, Float> = [0, 0, 0, 0]
          for key in 0..<keys {
            let place = PlainHeads.place(key)
            dScores[place] = heads.dot(dHead, qkv + path[key] + 2 * width + first)
            lanes[key % 4] = multiplyAdd(lanes[key % 4], dScores[place], weights[place])
          }
          let inner = heads.sum(lanes)
          for key in 0..<PlainHeads.padded(keys) {
            let place = PlainHeads.place(key)
            dScores[place] = key < keys ? withoutTiny(weights[place] * (dScores[place] - inner) * shape.scale) : 0
          }
          heads.addWeighed(keys, Floats(dScores), qkv + width + first, path, to: dqkv + own)
          heads.spread(keys, Floats(dScores), qkv + own, path, to: dqkv + width + first)
          heads.spread(keys, weights, dHead, path, to: dqkv + 2 * width + first)
        }
      }
    }
  }

  /// Calls `body` with each row, the offsets of the rows that it attends to, itself last, and their number.
  private static func forEachRow(
    _ rows: AttentionRows, stride: Int, _ body: (_ row: Int, _ path: UnsafePointer<Int>, _ keys: Int) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: Vector.count) { path in
      let start = path.baseAddress.unsafelyUnwrapped
      path.initialize(repeating: 0)
      for row in 0..<rows.count {
        rows.extend(start, to: row, stride: stride)
        body(row, UnsafePointer(start), rows.position(row) + 1)
      }
    }
  }
}

/// The sums over a head's numbers and over keys. Heads of 4 and of 8, in fours, have products and sums rounded apart; other heads
/// are summed as sixteen lanes.
private struct PlainHeads {
  private let headDim: Int
  private let areNarrow: Bool

  init(_ shape: AttentionShape) {
    headDim = shape.headDim
    areNarrow = (headDim == 4 || headDim == 8) && shape.heads % 4 == 0
  }

  /// Weights of a row lie as (quad of heads, four keys, head of the quad, key of the four).
  static func firstWeight(of head: Int) -> Int { head / 4 * 4 * Vector.count + head % 4 * 4 }
  static func place(_ key: Int) -> Int { key / 4 * Vector.count + key % 4 }
  static func padded(_ keys: Int) -> Int { (keys + 3) / 4 * 4 }

  /// Over four keys' lanes.
  func sum(_ lanes: InlineArray<4, Float>) -> Float { (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) }

  func dot(_ a: Floats, _ b: Floats) -> Float {
    if areNarrow {
      var sum = four { a[$0] * b[$0] }
      if headDim == 8 { sum += four { a[4 + $0] * b[4 + $0] } }
      return sum
    }
    var lanes = Plain.Lanes(repeating: 0)
    for i in 0..<headDim { lanes[i % 16] = Plain.multiplyAdd(lanes[i % 16], a[i], b[i]) }
    return (four { lanes[$0] } + four { lanes[4 + $0] }) + (four { lanes[8 + $0] } + four { lanes[12 + $0] })
  }

  private func four(_ x: (Int) -> Float) -> Float { (x(0) + x(2)) + (x(1) + x(3)) }

  /// target += Σⱼ weight[j] · row j, in the order of j.
  func addWeighed(
    _ keys: Int, _ weights: Floats, _ base: Floats, _ path: UnsafePointer<Int>, to target: MutableFloats
  ) {
    for i in 0..<headDim {
      var sum = areNarrow ? target[i] : 0
      for key in 0..<keys { sum = Plain.multiplyAdd(sum, weights[PlainHeads.place(key)], base[path[key] + i]) }
      target[i] = areNarrow ? sum : target[i] + sum
    }
  }

  /// row j += weight[j] · x
  func spread(
    _ keys: Int, _ weights: Floats, _ x: Floats, _ path: UnsafePointer<Int>, to base: MutableFloats
  ) {
    for key in 0..<keys {
      let (weight, row) = (weights[PlainHeads.place(key)], base + path[key])
      for i in 0..<headDim {
        row[i] = areNarrow ? row[i] + weight * x[i] : Plain.multiplyAdd(row[i], weight, x[i])
      }
    }
  }
}

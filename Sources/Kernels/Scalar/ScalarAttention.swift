extension Scalar {
  /// One head of one position: a = Σⱼ softmaxⱼ(q · kⱼ / sqrt(hd)) vⱼ over the positions 0…t.
  ///
  /// - Parameters:
  ///   - count: t + 1, the positions seen.
  ///   - headDim: hd.
  ///   - stride: elements from one position's keys (values) to the next one's.
  ///   - query: (hd); keys, values: (t + 1, hd) with `stride`.
  ///   - probabilities: (t + 1), overwritten; output: (hd), overwritten.
  @inlinable
  public static func attention(
    count: Int, headDim: Int, stride: Int, query: UnsafePointer<Real>, keys: UnsafePointer<Real>,
    values: UnsafePointer<Real>, probabilities: UnsafeMutablePointer<Real>, output: UnsafeMutablePointer<Real>
  ) {
    let scale = 1 / Real(headDim).squareRoot()
    for j in 0..<count {
      var score = Real.zero
      for d in 0..<headDim { score += query[d] * keys[j * stride + d] }
      probabilities[j] = score * scale
    }
    _ = softmax(count: count, x: probabilities)
    for d in 0..<headDim {
      var sum = Real.zero
      for j in 0..<count { sum += probabilities[j] * values[j * stride + d] }
      output[d] = sum
    }
  }

  /// The backward of `attention`.
  ///
  /// - Parameters:
  ///   - dOutput: (hd).
  ///   - scratch: (t + 1), overwritten.
  ///   - dQuery: (hd); dKeys, dValues: (t + 1, hd) with `stride`; all accumulate.
  @inlinable
  public static func attentionBackward(
    count: Int, headDim: Int, stride: Int, dOutput: UnsafePointer<Real>, query: UnsafePointer<Real>,
    keys: UnsafePointer<Real>, values: UnsafePointer<Real>, probabilities: UnsafePointer<Real>,
    scratch: UnsafeMutablePointer<Real>, dQuery: UnsafeMutablePointer<Real>,
    dKeys: UnsafeMutablePointer<Real>, dValues: UnsafeMutablePointer<Real>
  ) {
    let scale = 1 / Real(headDim).squareRoot()
    var inner = Real.zero
    for j in 0..<count {
      var dProbability = Real.zero
      for d in 0..<headDim {
        dProbability += dOutput[d] * values[j * stride + d]
        dValues[j * stride + d] += probabilities[j] * dOutput[d]
      }
      scratch[j] = dProbability
      inner += probabilities[j] * dProbability
    }
    for j in 0..<count {
      let dScore = probabilities[j] * (scratch[j] - inner) * scale
      for d in 0..<headDim {
        dQuery[d] += dScore * keys[j * stride + d]
        dKeys[j * stride + d] += dScore * query[d]
      }
    }
  }
}

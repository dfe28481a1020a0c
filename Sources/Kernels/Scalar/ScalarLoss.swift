extension Scalar {
  /// x ← softmax(x) in place; returns log Σ exp(x) in nats.
  @inlinable
  public static func softmax(count: Int, x: UnsafeMutablePointer<Real>) -> Real {
    var maximum = x[0]
    for i in 1..<max(count, 1) where x[i] > maximum { maximum = x[i] }
    var sum = Real.zero
    for i in 0..<count {
      x[i] = Real.exponential(x[i] - maximum)
      sum += x[i]
    }
    for i in 0..<count { x[i] /= sum }
    return maximum + Real.logarithm(sum)
  }

  /// −log softmax(logits)[target] in nats; logits ← weight · (softmax(logits) − onehot(target)), the
  /// gradient of `weight` times that loss.
  @inlinable
  public static func crossEntropy(
    count: Int, target: Int, weight: Real, logits: UnsafeMutablePointer<Real>
  ) -> Real {
    let score = logits[target]
    let logNormaliser = softmax(count: count, x: logits)
    for i in 0..<count { logits[i] *= weight }
    logits[target] -= weight
    return logNormaliser - score
  }
}

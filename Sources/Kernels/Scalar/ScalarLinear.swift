extension Scalar {
  /// y = W x for one row.
  ///
  /// - Parameters:
  ///   - x: (K); weights: (N, K); y: (N), overwritten.
  @inlinable
  public static func linear(
    inputs: Int, outputs: Int, x: UnsafePointer<Real>, weights: UnsafePointer<Real>,
    y: UnsafeMutablePointer<Real>
  ) {
    for n in 0..<outputs {
      var sum = Real.zero
      for k in 0..<inputs { sum += weights[n * inputs + k] * x[k] }
      y[n] = sum
    }
  }

  /// dx += Wᵀ dy and dW += dy xᵀ for one row.
  ///
  /// - Parameters:
  ///   - dy: (N); x: (K); weights: (N, K).
  ///   - dx: (K), accumulates; dWeights: (N, K), accumulates.
  @inlinable
  public static func linearBackward(
    inputs: Int, outputs: Int, dy: UnsafePointer<Real>, x: UnsafePointer<Real>, weights: UnsafePointer<Real>,
    dx: UnsafeMutablePointer<Real>, dWeights: UnsafeMutablePointer<Real>
  ) {
    for n in 0..<outputs {
      for k in 0..<inputs {
        dx[k] += weights[n * inputs + k] * dy[n]
        dWeights[n * inputs + k] += dy[n] * x[k]
      }
    }
  }

  /// y = max(x, 0); may work in place.
  @inlinable
  public static func relu(count: Int, x: UnsafePointer<Real>, y: UnsafeMutablePointer<Real>) {
    for i in 0..<count { y[i] = x[i] > 0 ? x[i] : 0 }
  }

  /// dy ← 0 where the ReLU's output y was not positive.
  @inlinable
  public static func reluBackward(count: Int, y: UnsafePointer<Real>, dy: UnsafeMutablePointer<Real>) {
    for i in 0..<count where !(y[i] > 0) { dy[i] = 0 }
  }
}

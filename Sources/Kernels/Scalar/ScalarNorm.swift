extension Scalar {
  /// y = x / sqrt(mean(x²) + 1e-5) for one row; returns the factor, which the backward pass needs.
  ///
  /// - Parameters:
  ///   - x: (C); y: (C), overwritten, may be x.
  @inlinable
  public static func rmsNorm(width: Int, x: UnsafePointer<Real>, y: UnsafeMutablePointer<Real>) -> Real {
    var squares = Real.zero
    for i in 0..<width { squares += x[i] * x[i] }
    let inverse = 1 / (squares / Real(width) + Real(rmsEpsilon)).squareRoot()
    for i in 0..<width { y[i] = x[i] * inverse }
    return inverse
  }

  /// dx += inverse · (dy − y · mean(dy · y)) for one row.
  ///
  /// - Parameters:
  ///   - dy, y: (C), gradient of the norm's output, and that output.
  ///   - dx: (C), accumulates; must not be dy.
  @inlinable
  public static func rmsNormBackward(
    width: Int, dy: UnsafePointer<Real>, y: UnsafePointer<Real>, inverse: Real, dx: UnsafeMutablePointer<Real>
  ) {
    var product = Real.zero
    for i in 0..<width { product += dy[i] * y[i] }
    let mean = product / Real(width)
    for i in 0..<width { dx[i] += inverse * (dy[i] - y[i] * mean) }
  }
}

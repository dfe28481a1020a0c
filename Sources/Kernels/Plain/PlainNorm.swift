extension Plain {
  /// y = x / sqrt(mean(x²) + ε); lane i of sixteen takes x[i], x[i + 16], …
  public static func rmsNorm(rows: Int, width: Int, x: Floats, y: MutableFloats, inverse: MutableFloats) {
    for row in 0..<rows {
      let source = x + row * width
      let mean = dot(width, source, source) * (1 / Float(width))
      let scale = 1 / (mean + Float(rmsEpsilon)).squareRoot()
      inverse[row] = scale
      for i in 0..<width { y[row * width + i] = source[i] * scale }
    }
  }

  /// dx = inverse · (dy − y · mean(dy · y)) + residual.
  public static func rmsNormBackward(
    rows: Int, width: Int, dy: Floats, y: Floats, inverse: Floats, residual: Floats?, dx: MutableFloats
  ) {
    for row in 0..<rows {
      let offset = row * width
      let mean = dot(width, dy + offset, y + offset) * (1 / Float(width))
      for i in offset..<offset + width {
        let gradient = multiplyAdd(dy[i], -mean, y[i])
        dx[i] = multiplyAdd(residual?[i] ?? 0, inverse[row], gradient)
      }
    }
  }

  /// - Parameter width: a multiple of 16.
  private static func dot(_ width: Int, _ a: Floats, _ b: Floats) -> Float {
    var lanes = Lanes(repeating: 0)
    for i in 0..<width { lanes[i % 16] = multiplyAdd(lanes[i % 16], a[i], b[i]) }
    return sum(lanes)
  }
}

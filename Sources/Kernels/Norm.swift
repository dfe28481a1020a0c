/// y = x / sqrt(mean(x²) + ε), row by row, without a gain.
///
/// - Parameters:
///   - rows: R.
///   - width: C, a multiple of 16.
///   - x: (R, C).
///   - y: (R, C); overwritten; may be x.
///   - inverse: (R), 1 / sqrt(mean(x²) + ε), which the backward pass needs; overwritten.
///
/// Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019.
public func rmsNorm(rows: Int, width: Int, x: Floats, y: MutableFloats, inverse: MutableFloats) {
  let perMean = 1 / Float(width)
  for row in 0..<rows {
    let source = x + row * width
    let target = y + row * width
    var squares = Vector.zero
    var i = 0
    repeat {
      let v = Vector(source + i)
      squares = multiplyAdd(squares, v, v)
      i += Vector.count
    } while i < width
    let scale = 1 / (squares.laneSum * perMean + Float(rmsEpsilon)).squareRoot()
    inverse[row] = scale
    i = 0
    repeat {
      (Vector(source + i) * scale).store(target + i)
      i += Vector.count
    } while i < width
  }
}

/// dx = inverse · (dy − y · mean(dy · y)), plus `residual` where given: the gradient that passed the norm by.
///
/// - Parameters:
///   - dy, y: (R, C): gradient of the norm's output, and that output.
///   - inverse: (R), from the forward pass.
///   - residual: (R, C), added to the result; nil for none; may be dx.
///   - dx: (R, C); overwritten; may be dy.
public func rmsNormBackward(
  rows: Int, width: Int, dy: Floats, y: Floats, inverse: Floats, residual: Floats?, dx: MutableFloats
) {
  let perMean = 1 / Float(width)
  for row in 0..<rows {
    let offset = row * width
    var product = Vector.zero
    var i = 0
    repeat {
      product = multiplyAdd(product, Vector(dy + offset + i), Vector(y + offset + i))
      i += Vector.count
    } while i < width
    let mean = product.laneSum * perMean
    let scale = inverse[row]
    i = 0
    repeat {
      let at = offset + i
      let gradient = multiplyAdd(Vector(dy + at), -mean, Vector(y + at))
      let base = residual.map { Vector($0 + at) } ?? .zero
      multiplyAdd(base, scale, gradient).store(dx + at)
      i += Vector.count
    } while i < width
  }
}

/// ε under the root.
@usableFromInline let rmsEpsilon = 1e-5

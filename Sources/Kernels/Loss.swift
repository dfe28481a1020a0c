import CSIMD

/// The padded width of a row of logits: 27 letters in two vectors.
public let logitsRow = 32

/// V: columns of a row that are logits.
let vocabulary = 27

/// Softmax of 27 logits per row, weighed for the backward pass.
///
/// probabilities[r] ← softmax(logits[r]) · weight[r]; logNormaliser[r] ← log Σ exp(logits[r]).
///
/// - Parameters:
///   - logits: (R, 32); columns V… are ignored; overwritten by the weighed probabilities, with zeros in
///     columns V….
///   - weight: (R), predictions made from this row × the gradient's scale.
///   - maximum: (R rounded up to 16), scratch.
///   - logNormaliser: (R rounded up to 16), in nats; overwritten.
public func softmaxRows(
  rows: Int, exponential: ExponentialKind, logits: MutableFloats, weight: Floats, maximum: MutableFloats,
  logNormaliser: MutableFloats
) {
  switch exponential {
  case .fast: softmaxRows(FastExponential.self, rows, logits, weight, maximum, logNormaliser)
  case .exact: softmaxRows(ExactExponential.self, rows, logits, weight, maximum, logNormaliser)
  case .coarse: softmaxRows(CoarseExponential.self, rows, logits, weight, maximum, logNormaliser)
  }
}

@inline(__always)
private func softmaxRows<Exp: Exponential>(
  _: Exp.Type, _ rows: Int, _ logits: MutableFloats, _ weight: Floats, _ maximum: MutableFloats,
  _ logNormaliser: MutableFloats
) {
  let inUse = Vector.ones(upTo: vocabulary - Vector.count)
  let ignored = (inUse - 1) * 1e30  // 0 in use, −1e30 elsewhere: far below any maximum
  for row in 0..<rows {
    let pointer = logits + row * logitsRow
    let low = Vector(pointer)
    let high = multiplyAdd(ignored, Vector(pointer + Vector.count), inUse)
    let top = csimd_max(low, high).laneMaximum
    let lowExponential = Exp.of(low - top)
    let highExponential = Exp.of(high - top) * inUse
    let sum = (lowExponential + highExponential).laneSum
    maximum[row] = top
    logNormaliser[row] = sum
    let scale = weight[row] / sum
    (lowExponential * scale).store(pointer)
    (highExponential * scale).store(pointer + Vector.count)
  }
  // Logarithms sixteen rows at a time.
  for row in stride(from: 0, to: rows, by: Vector.count) {
    (Vector(maximum + row) + logarithm(Vector(logNormaliser + row))).store(logNormaliser + row)
  }
}

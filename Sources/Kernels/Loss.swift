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
  case .defined: softmaxRows(DefinedExponential.self, rows, logits, weight, maximum, logNormaliser)
  }
}

@inline(__always)
private func softmaxRows<Exp: Exponential>(
  _: Exp.Type, _ rows: Int, _ logits: MutableFloats, _ weight: Floats, _ maximum: MutableFloats,
  _ logNormaliser: MutableFloats
) {
  // Whole: of lanes that the compiler knows it makes pieces.
  let inUse = csimd_whole(Vector.ones(upTo: vocabulary - Vector.count))
  let ignored = (inUse - 1) * 1e30  // 0 in use, −1e30 elsewhere: far below any maximum
  // Sixteen rows at a time: their maxima, sums and logarithms are a vector each.
  withUnsafeTemporaryAllocation(of: Float.self, capacity: Vector.count * Vector.count) { block in
    let parts = block.baseAddress.unsafelyUnwrapped
    parts.initialize(repeating: 0, count: block.count)
    var first = 0
    while first < rows {
      let count = min(Vector.count, rows - first)
      let start = logits + first * logitsRow
      for row in 0..<count {
        let pointer = start + row * logitsRow
        csimd_max(Vector(pointer), multiplyAdd(ignored, Vector(pointer + Vector.count), inUse))
          .store(parts + row * Vector.count)
      }
      let tops = csimd_row_maxima(parts)
      tops.store(maximum + first)
      for row in 0..<count {
        let pointer = start + row * logitsRow
        let top = maximum[first + row]
        let low = Exp.of(Vector(pointer) - top)
        let high = Exp.of(multiplyAdd(ignored, Vector(pointer + Vector.count), inUse) - top) * inUse
        low.store(pointer)
        high.store(pointer + Vector.count)
        (low + high).store(parts + row * Vector.count)
      }
      let sums = csimd_row_sums(parts)
      sums.store(logNormaliser + first)
      for row in 0..<count {
        let pointer = start + row * logitsRow
        let scale = weight[first + row] / logNormaliser[first + row]
        (Vector(pointer) * scale).store(pointer)
        (Vector(pointer + Vector.count) * scale).store(pointer + Vector.count)
      }
      (tops + logarithm(sums)).store(logNormaliser + first)
      first += count
    }
  }
}

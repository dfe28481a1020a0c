import CSIMD

/// Cumulative probabilities of softmax(logits / temperature), a row of 32 for each row of logits: entry i is the
/// probability of tokens 0…i, to the rounding of its sum, and entries from the last token on are exactly 1.
///
/// - Parameters:
///   - logits: (R, 32); columns V… are ignored.
///   - inverseTemperature: 1 / temperature, > 0.
///   - index: (R), the row of `cumulative` that a row's go to.
///   - cumulative: (…, 32), rows `cumulativeRow` floats apart; overwritten in the rows of `index`.
public func cumulativeProbabilities(
  rows: Int, logits: Floats, inverseTemperature: Float, index: UnsafePointer<Int32>, cumulative: MutableFloats,
  cumulativeRow: Int
) {
  let inUse = Vector.ones(upTo: vocabulary - Vector.count)
  let ignored = (inUse - 1) * 1e30
  for row in 0..<rows {
    let pointer = logits + row * logitsRow
    let low = Vector(pointer)
    let high = multiplyAdd(ignored, Vector(pointer + Vector.count), inUse)
    let top = csimd_max(low, high).laneMaximum
    let lowSums = csimd_running_sums(exponential((low - top) * inverseTemperature))
    let highWeights = exponential((high - top) * inverseTemperature) * inUse
    let highSums = csimd_running_sums(highWeights) + lowSums[Vector.count - 1]
    // Each lane has an order of summing of its own, so that lanes of no token would differ from the last token's.
    let total = Vector(repeating: highSums[vocabulary - 1 - Vector.count])
    let target = cumulative + Int(index[row]) * cumulativeRow
    (lowSums / total).store(target)
    (highSums / total).replacing(with: 1, where: inUse .== 0).store(target + Vector.count)
  }
}

/// The same of one row of logits, the end left out as if the model could not choose it: entries from the last letter on are
/// exactly 1.
///
/// - Parameters:
///   - logits: (32); columns from the end on are ignored.
///   - cumulative: (32), overwritten.
public func cumulativeLetters(logits: Floats, inverseTemperature: Float, cumulative: MutableFloats) {
  let letters = vocabulary - 1
  withUnsafeTemporaryAllocation(of: Float.self, capacity: logitsRow) { row in
    let own = row.baseAddress.unsafelyUnwrapped
    own.initialize(from: logits, count: logitsRow)
    // Far below any other.
    own[letters] = -1e30
    withUnsafePointer(to: Int32(0)) { index in
      cumulativeProbabilities(
        rows: 1, logits: own, inverseTemperature: inverseTemperature, index: index, cumulative: cumulative,
        cumulativeRow: logitsRow)
    }
  }
  for token in letters - 1..<logitsRow { cumulative[token] = 1 }
}

/// The token that a draw chooses: the first whose cumulative probability is above it.
///
/// - Parameters:
///   - cumulative: (32), as `cumulativeProbabilities` leaves it.
///   - draw: uniform in (0, 1), below 1 also as a `Float`.
@inlinable @inline(__always)
public func token(at draw: Float, cumulative: UnsafePointer<Float>) -> Int {
  Int(csimd_count_up_to(Vector(cumulative), draw) + csimd_count_up_to(Vector(cumulative + Vector.count), draw))
}

extension Scalar {
  /// One Adam update by the sum of several gradients, with exact roots and quotients.
  ///
  /// g = ((g₀ + g₁) + g₂) + …; m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²;
  /// p ← p − learningRate · (m / (1 − β₁ᵗ)) / (sqrt(v / (1 − β₂ᵗ)) + ε).
  ///
  /// - Parameters:
  ///   - learningRate: of this step, the schedule applied.
  ///   - beta2: β₂.
  ///   - firstPower, secondPower: β₁ᵗ and β₂ᵗ with t = step + 1.
  ///   - gradients: at least one; each has (offset + count), of which the last `count` are added up.
  ///   - parameters, first, second: (count), updated in place.
  @inlinable
  public static func adam(
    count: Int, learningRate: Real, beta2: Real = Real(AdamStep.usualBeta2), firstPower: Real, secondPower: Real,
    gradients: UnsafeBufferPointer<UnsafePointer<Real>>, offset: Int, parameters: UnsafeMutablePointer<Real>,
    first: UnsafeMutablePointer<Real>, second: UnsafeMutablePointer<Real>
  ) {
    let beta1 = Real(AdamStep.beta1)
    for i in 0..<count {
      var g = gradients[0][offset + i]
      for source in 1..<gradients.count { g += gradients[source][offset + i] }
      first[i] = beta1 * first[i] + (1 - beta1) * g
      second[i] = beta2 * second[i] + (1 - beta2) * g * g
      let corrected = first[i] / (1 - firstPower)
      let root = (second[i] / (1 - secondPower)).squareRoot()
      parameters[i] -= learningRate * corrected / (root + Real(AdamStep.epsilon))
    }
  }

  /// As `adam` with several gradients, of one of (count).
  @inlinable
  public static func adam(
    count: Int, learningRate: Real, beta2: Real = Real(AdamStep.usualBeta2), firstPower: Real, secondPower: Real,
    gradient: UnsafePointer<Real>, parameters: UnsafeMutablePointer<Real>, first: UnsafeMutablePointer<Real>,
    second: UnsafeMutablePointer<Real>
  ) {
    withUnsafePointer(to: gradient) {
      adam(
        count: count, learningRate: learningRate, beta2: beta2, firstPower: firstPower, secondPower: secondPower,
        gradients: UnsafeBufferPointer(start: $0, count: 1), offset: 0, parameters: parameters, first: first,
        second: second)
    }
  }
}

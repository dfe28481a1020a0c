extension Scalar {
  /// One Adam update with exact roots and quotients.
  ///
  /// m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²;
  /// p ← p − learningRate · (m / (1 − β₁ᵗ)) / (sqrt(v / (1 − β₂ᵗ)) + ε).
  ///
  /// - Parameters:
  ///   - learningRate: of this step, the schedule applied.
  ///   - firstPower, secondPower: β₁ᵗ and β₂ᵗ with t = step + 1.
  ///   - gradient: (count); parameters, first, second: (count), updated in place.
  @inlinable
  public static func adam(
    count: Int, learningRate: Real, firstPower: Real, secondPower: Real, gradient: UnsafePointer<Real>,
    parameters: UnsafeMutablePointer<Real>, first: UnsafeMutablePointer<Real>,
    second: UnsafeMutablePointer<Real>
  ) {
    let beta1 = Real(AdamStep.beta1)
    let beta2 = Real(AdamStep.beta2)
    for i in 0..<count {
      let g = gradient[i]
      first[i] = beta1 * first[i] + (1 - beta1) * g
      second[i] = beta2 * second[i] + (1 - beta2) * g * g
      let corrected = first[i] / (1 - firstPower)
      let root = (second[i] / (1 - secondPower)).squareRoot()
      parameters[i] -= learningRate * corrected / (root + Real(AdamStep.epsilon))
    }
  }
}

import CSIMD

/// Adam's constants for one step.
public struct AdamStep: Sendable {
  public static let beta1 = 0.85
  public static let beta2 = 0.99
  public static let epsilon = 1e-8

  /// learning rate / (1 − β₁ᵗ)
  public var rate: Float
  /// 1 / (1 − β₂ᵗ)
  public var secondCorrection: Float

  /// - Parameters:
  ///   - learningRate: of this step, the schedule applied.
  ///   - firstPower, secondPower: β₁ᵗ and β₂ᵗ with t = step + 1.
  public init(learningRate: Double, firstPower: Double, secondPower: Double) {
    rate = Float(learningRate / (1 - firstPower))
    secondCorrection = Float(1 / (1 - secondPower))
  }
}

/// One Adam update of `count` parameters.
///
/// m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; p ← p − rate · m / (sqrt(v̂) + ε), v̂ = v / (1 − β₂ᵗ).
///
/// The root and the quotient are an estimate and Newton steps each: relative error of the update below 1e-6,
/// at a quarter of the exact instructions' time. ε stays outside the root: r ≈ 1/sqrt(v̂), denominator
/// v̂ · r + ε.
///
/// - Parameters:
///   - count: any; the last, partial vector is done element by element, with the same arithmetic.
///   - gradient: (count), the global batch's mean gradient.
///   - parameters, first, second: (count), updated in place.
///
/// Source: Kingma and Ba, "Adam", 2015, algorithm 1.
public func adam(
  count: Int, step: AdamStep, gradient: Floats,
  parameters: MutableFloats, first: MutableFloats, second: MutableFloats
) {
  var i = 0
  while i + Vector.count <= count {
    var p = Vector(parameters + i)
    var m = Vector(first + i)
    var v = Vector(second + i)
    adam(step, Vector(gradient + i), &p, &m, &v)
    p.store(parameters + i)
    m.store(first + i)
    v.store(second + i)
    i += Vector.count
  }
  while i < count {
    var p = Vector(repeating: parameters[i])
    var m = Vector(repeating: first[i])
    var v = Vector(repeating: second[i])
    adam(step, Vector(repeating: gradient[i]), &p, &m, &v)
    parameters[i] = p[0]
    first[i] = m[0]
    second[i] = v[0]
    i += 1
  }
}

@inline(__always)
private func adam(_ step: AdamStep, _ gradient: Vector, _ p: inout Vector, _ m: inout Vector, _ v: inout Vector) {
  // A gradient past 1e18 counts as 1e18: its square would overflow, and the estimate of an infinite root is not
  // a number. The difference is 0, or not a number where the gradient is infinite or none: that must show.
  let limit = Vector(repeating: 1e18)
  let g = csimd_min(csimd_max(gradient, -limit), limit) + (gradient - gradient)
  m = multiplyAdd(m * Float(AdamStep.beta1), Float(1 - AdamStep.beta1), g)
  v = multiplyAdd(v * Float(AdamStep.beta2), Float(1 - AdamStep.beta2), g * g)
  // Below 1e-30 the estimate of the root would overflow; ε = 1e-8 outweighs sqrt(1e-30) anyway.
  let corrected = csimd_max(v * step.secondCorrection, Vector(repeating: 1e-30))
  let root = corrected * reciprocalSquareRoot(corrected)
  p = multiplyAdd(p, -step.rate, m * reciprocal(root + Float(AdamStep.epsilon)))
}

/// 1/sqrt(x) to about one unit in the last place's neighbourhood: r ← r · (1.5 − 0.5 x r²).
@inline(__always)
func reciprocalSquareRoot(_ x: Vector) -> Vector {
  var r = csimd_rsqrt_estimate(x)
  for _ in 0..<Int(CSIMD_NEWTON_STEPS) {
    let error = multiplyAdd(Vector(repeating: 0.5), x * r * -0.5, r)  // (1 − x r²) / 2
    r = multiplyAdd(r, r, error)
  }
  return r
}

/// 1/x: r ← r + r (1 − x r).
@inline(__always)
func reciprocal(_ x: Vector) -> Vector {
  var r = csimd_reciprocal_estimate(x)
  for _ in 0..<Int(CSIMD_NEWTON_STEPS) {
    let error = multiplyAdd(Vector(repeating: 1), -x, r)
    r = multiplyAdd(r, r, error)
  }
  return r
}

/// The results of the estimate instructions on a few fixed inputs. Vendors differ in their low bits, and two
/// ranks that differ would drift apart: ranks compare this before the first step.
public func estimateFingerprint() -> UInt64 {
  var fingerprint: UInt64 = 0xcbf2_9ce4_8422_2325
  for exponent in [-40, -7, 0, 3, 30] {
    let scale = Float(sign: .plus, exponent: exponent, significand: 1)
    let x = (Vector.laneNumbers * 0.0613 + 1.017) * scale
    for result in [csimd_rsqrt_estimate(x), csimd_reciprocal_estimate(x)] {
      for lane in 0..<Vector.count {
        fingerprint = (fingerprint ^ UInt64(result[lane].bitPattern)) &* 0x100_0000_01b3
      }
    }
  }
  return fingerprint
}

import CSIMD

/// Adam's constants for one step.
public struct AdamStep: Sendable {
  public static let beta1 = 0.85
  /// β₂ where nothing else is said.
  public static let usualBeta2 = 0.99
  public static let epsilon = 1e-8

  /// learning rate / (1 − β₁ᵗ)
  public var rate: Float
  /// 1 / (1 − β₂ᵗ)
  public var secondCorrection: Float
  /// β₂ and 1 − β₂
  public var beta2, secondShare: Float
  public var arithmetic: Arithmetic

  /// - Parameters:
  ///   - learningRate: of this step, the schedule applied.
  ///   - firstPower, secondPower: β₁ᵗ and β₂ᵗ with t = step + 1.
  public init(
    learningRate: Double, firstPower: Double, secondPower: Double, beta2: Double = usualBeta2,
    arithmetic: Arithmetic = .quick
  ) {
    self.arithmetic = arithmetic
    rate = Float(learningRate / (1 - firstPower))
    secondCorrection = Float(1 / (1 - secondPower))
    self.beta2 = Float(beta2)
    secondShare = Float(1 - beta2)
  }
}

/// One Adam update of `count` parameters by the sum of several gradients.
///
/// g = ((g₀ + g₁) + g₂) + …; m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²;
/// p ← p − rate · m / (sqrt(v̂) + ε), v̂ = v / (1 − β₂ᵗ).
///
/// The sum is never stored, which is right for a few gradients; of many `sum` makes one first. In quick arithmetic on AVX-512
/// and AVX2 the root and the quotient are an estimate and a Newton step each: relative error of the update below 1e-6, at a
/// quarter of the exact instructions' time. Elsewhere they are exact: on Arm that is the faster way, too (docs/arm64.md). ε
/// stays outside the root: r ≈ 1/sqrt(v̂), denominator v̂ · r + ε.
///
/// - Parameters:
///   - count: any; the last, partial vector is done element by element, with the same arithmetic.
///   - gradients: at least one; each has (offset + count), of which the last `count` are added up.
///   - parameters, first, second: (count), updated in place; no gradient among them.
///   - next: what will be touched soon.
///
/// Source: Kingma and Ba, "Adam", 2015, algorithm 1.
public func adam(
  count: Int, step: AdamStep, gradients: UnsafeBufferPointer<Floats>, offset: Int,
  parameters: MutableFloats, first: MutableFloats, second: MutableFloats, next: AdamPrefetch = AdamPrefetch()
) {
  // One and two get loops of their own: their pointers stay in registers.
  switch gradients.count {
  case 1:
    adam(
      count: count, step: step, gradient: gradients[0] + offset, parameters: parameters, first: first, second: second,
      next: next)
  case 2:
    let (g, h) = (gradients[0] + offset, gradients[1] + offset)
    adam(count: count, step: step, parameters: parameters, first: first, second: second, next: next) { i, ahead in
      csimd_prefetch_to_read(g + ahead)
      csimd_prefetch_to_read(h + ahead)
      return Vector(g + i) + Vector(h + i)
    } one: {
      g[$0] + h[$0]
    }
  default:
    adam(count: count, step: step, parameters: parameters, first: first, second: second, next: next) { i, ahead in
      var sum = Vector(gradients[0] + offset + i)
      // Short of the distance what is ahead is the last line, over and over.
      let asks = ahead - i == prefetchDistance
      for source in 1..<gradients.count {
        if asks { csimd_prefetch_to_read(gradients[source] + offset + ahead) }
        sum += Vector(gradients[source] + offset + i)
      }
      return sum
    } one: { i in
      var sum = gradients[0][offset + i]
      for source in 1..<gradients.count { sum += gradients[source][offset + i] }
      return sum
    }
  }
}

/// As `adam` with several gradients, of one of (count).
public func adam(
  count: Int, step: AdamStep, gradient: Floats,
  parameters: MutableFloats, first: MutableFloats, second: MutableFloats, next: AdamPrefetch = AdamPrefetch()
) {
  adam(count: count, step: step, parameters: parameters, first: first, second: second, next: next) { i, _ in
    Vector(gradient + i)
  } one: {
    gradient[$0]
  }
}

/// Memory an update will touch soon, and that other cores may have in their caches: asking for it early hides half
/// of the time that shared memory costs.
public struct AdamPrefetch {
  /// Elements behind `count` that the next calls update. Those of other owners must not be among them: a line asked
  /// for in order to write it is taken from whoever has it.
  public var following = 0
  /// Lines that are written right after this call, one for each vector of `count`, `stride` floats apart.
  public var lines: MutableFloats?
  public var stride = 0
  /// Whether other cores read what is updated, and these lines: they are then taken before they are written.
  public var isShared = false

  public init(following: Int = 0, lines: MutableFloats? = nil, stride: Int = 0) {
    self.following = following
    self.lines = lines
    self.stride = stride
  }

  /// Vectors whose lines are taken together: as many stores as a core keeps waiting.
  fileprivate static let taken = 64
}

/// - Parameters:
///   - gradient: the sum's 16 elements from an index on, and where to look ahead.
///   - one: the sum's element at an index.
@inline(__always)
private func adam(
  count: Int, step: AdamStep, parameters: MutableFloats, first: MutableFloats, second: MutableFloats,
  next: AdamPrefetch, gradient: (_ index: Int, _ ahead: Int) -> Vector, one: (Int) -> Float
) {
  switch step.arithmetic {
  case .quick:
    adam(
      QuickUpdate.self, count: count, step: step, parameters: parameters, first: first, second: second, next: next,
      gradient: gradient, one: one)
  case .defined:
    adam(
      DefinedUpdate.self, count: count, step: step, parameters: parameters, first: first, second: second, next: next,
      gradient: gradient, one: one)
  }
}

@inline(__always)
private func adam<Kind: Update>(
  _: Kind.Type, count: Int, step: AdamStep, parameters: MutableFloats, first: MutableFloats, second: MutableFloats,
  next: AdamPrefetch, gradient: (_ index: Int, _ ahead: Int) -> Vector, one: (Int) -> Float
) {
  let last = count + next.following - 1
  var line = next.lines ?? parameters
  let stride = next.lines == nil ? 0 : next.stride
  if next.isShared { takeLines(line, count / Vector.count, stride: stride) }
  var i = 0
  while i + Vector.count <= count {
    if next.isShared, i % (AdamPrefetch.taken * Vector.count) == 0 {
      takeLines(parameters + i, min(AdamPrefetch.taken, (count - i) / Vector.count))
    }
    let ahead = min(i + prefetchDistance, last)
    csimd_prefetch_to_write(parameters + ahead)
    csimd_prefetch_to_write(line)
    line += stride
    adam(Kind.self, step, gradient(i, ahead), parameters + i, first + i, second + i)
    i += Vector.count
  }
  while i < count {
    var p = Vector(repeating: parameters[i])
    var m = Vector(repeating: first[i])
    var v = Vector(repeating: second[i])
    adam(Kind.self, step, Vector(repeating: one(i)), &p, &m, &v)
    parameters[i] = p[0]
    first[i] = m[0]
    second[i] = v[0]
    i += 1
  }
}

/// As `adam`, of whole vectors that are in the nearest cache already.
@inline(__always)
func adam(
  vectors: Int, step: AdamStep, gradient: Floats, parameters: MutableFloats, first: MutableFloats, second: MutableFloats
) {
  switch step.arithmetic {
  case .quick: adam(QuickUpdate.self, vectors, step, gradient, parameters, first, second)
  case .defined: adam(DefinedUpdate.self, vectors, step, gradient, parameters, first, second)
  }
}

@inline(__always)
private func adam<Kind: Update>(
  _: Kind.Type, _ vectors: Int, _ step: AdamStep, _ gradient: Floats, _ parameters: MutableFloats,
  _ first: MutableFloats, _ second: MutableFloats
) {
  var i = 0
  while i < vectors * Vector.count {
    adam(Kind.self, step, Vector(gradient + i), parameters + i, first + i, second + i)
    i += Vector.count
  }
}

/// Of one vector of parameters.
@inline(__always)
private func adam<Kind: Update>(
  _: Kind.Type, _ step: AdamStep, _ gradient: Vector, _ parameters: MutableFloats, _ first: MutableFloats,
  _ second: MutableFloats
) {
  var p = Vector(parameters)
  var m = Vector(first)
  var v = Vector(second)
  adam(Kind.self, step, gradient, &p, &m, &v)
  p.store(parameters)
  m.store(first)
  v.store(second)
}

@inline(__always)
private func adam<Kind: Update>(
  _: Kind.Type, _ step: AdamStep, _ gradient: Vector, _ p: inout Vector, _ m: inout Vector, _ v: inout Vector
) {
  // A gradient past 1e18 counts as 1e18: its square would overflow, and an infinite root would let nothing move, or
  // its estimate is not a number. The difference is 0, or not a number where the gradient is infinite or none: that
  // must show.
  let limit = Vector(repeating: 1e18)
  let g = csimd_min(csimd_max(gradient, -limit), limit) + (gradient - gradient)
  m = Kind.kept(multiplyAdd(m * Float(AdamStep.beta1), Float(1 - AdamStep.beta1), g))
  v = Kind.kept(multiplyAdd(v * step.beta2, step.secondShare, Kind.square(g)))
  let root = Kind.squareRoot(v * step.secondCorrection)
  p = multiplyAdd(p, -step.rate, Kind.quotient(m, root + Float(AdamStep.epsilon)))
}

/// Adam's operations in an arithmetic: a type, so that loops over it are compiled for each.
private protocol Update {
  static func square(_ gradient: Vector) -> Vector
  /// What a moment becomes.
  static func kept(_ moment: Vector) -> Vector
  static func squareRoot(_ x: Vector) -> Vector
  /// a/b
  static func quotient(_ a: Vector, _ b: Vector) -> Vector
}

private enum QuickUpdate: Update {
  @inline(__always) private static var hasEstimates: Bool { CSIMD_NEWTON_STEPS > 0 }

  @inline(__always) static func square(_ gradient: Vector) -> Vector { gradient * gradient }
  @inline(__always) static func kept(_ moment: Vector) -> Vector { moment }

  @inline(__always)
  static func squareRoot(_ x: Vector) -> Vector {
    guard hasEstimates else { return csimd_sqrt(x) }
    // Below 1e-30 the estimate would overflow; ε = 1e-8 outweighs sqrt(1e-30) anyway.
    let x = csimd_max(x, Vector(repeating: 1e-30))
    return x * reciprocalSquareRoot(x)
  }

  @inline(__always)
  static func quotient(_ a: Vector, _ b: Vector) -> Vector { hasEstimates ? a * reciprocal(b) : a / b }
}

private enum DefinedUpdate: Update {
  @inline(__always)
  static func square(_ gradient: Vector) -> Vector {
    let g = withoutTinySquare(gradient)
    return g * g
  }
  @inline(__always) static func kept(_ moment: Vector) -> Vector { withoutTiny(moment) }
  @inline(__always) static func squareRoot(_ x: Vector) -> Vector { csimd_sqrt(x) }
  @inline(__always) static func quotient(_ a: Vector, _ b: Vector) -> Vector { a / b }
}

/// 1/sqrt(x) to about one unit in the last place's neighbourhood: r ← r · (1.5 − 0.5 x r²).
@inline(__always)
private func reciprocalSquareRoot(_ x: Vector) -> Vector {
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

/// The results of the estimate instructions on a few fixed inputs. Vendors of x86-64 differ in their low bits, and two
/// ranks that differ would drift apart: ranks compare this before the first step. Without estimates, as on Arm, it is
/// the same on every machine.
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

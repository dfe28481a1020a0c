/// The first element that is further from its expected value than it may be.
public struct Mismatch: CustomStringConvertible, Sendable {
  public let index: Int
  public let value, expected, tolerance: Double

  public var description: String {
    "[\(index)] is \(value), expected \(expected) ± \(tolerance), off by \(abs(value - expected))"
  }
}

/// Compares element by element. A value that is not a number is a mismatch, and so is a missing one.
///
/// - Parameter tolerance: of one element; absolute. Derive it: epsilon × magnitude of the terms × their number.
public func firstMismatch<Values: Collection>(
  _ values: Values, _ expected: [Double], tolerance: (Int) -> Double
) -> Mismatch? where Values.Element: BinaryFloatingPoint {
  guard values.count == expected.count else {
    return Mismatch(
      index: min(values.count, expected.count), value: Double(values.count), expected: Double(expected.count),
      tolerance: 0)
  }
  for (index, value) in values.enumerated() {
    let difference = abs(Double(value) - expected[index])
    guard difference <= tolerance(index) else {
      return Mismatch(index: index, value: Double(value), expected: expected[index], tolerance: tolerance(index))
    }
  }
  return nil
}

/// What plain arithmetic gives, and the same with every term made positive: the sum that rounding errors scale with.
public struct Exact: Sendable {
  public var values: [Double]
  public var magnitudes: [Double]

  public init(values: [Double], magnitudes: [Double]) {
    self.values = values
    self.magnitudes = magnitudes
  }

  /// Calls `body` with the inputs and again with their absolute values.
  ///
  /// Where `body` only adds and multiplies its inputs, the second result bounds the sum of all absolute terms.
  public init(_ inputs: [[Float]], _ body: ([[Double]]) -> [Double]) {
    let exact = inputs.map { $0.map(Double.init) }
    values = body(exact)
    magnitudes = body(exact.map { $0.map { abs($0) } })
  }
}

/// Compares with an exact result: each element may be off by `terms` roundings of the sum of its absolute terms.
public func firstMismatch(_ values: some Collection<Float>, _ expected: Exact, terms: Int) -> Mismatch? {
  firstMismatch(values, expected.values) { roundingBound(terms: terms, magnitude: expected.magnitudes[$0]) }
}

/// The error that `terms` roundings in single precision can add up to, relative to `magnitude`: Higham's γₙ (2002,
/// §3.1) to first order, with the smallest normal number for results that underflow.
public func roundingBound(terms: Int, magnitude: Double) -> Double {
  let unit = Double(Float.ulpOfOne) / 2
  return Double(terms) * unit * magnitude + Double(terms) * Double(Float.leastNormalMagnitude)
}

/// ‖values − expected‖ / ‖expected‖; infinite where a value is not a number or an expected norm of 0 is missed.
public func normwiseError<A: Collection, B: Collection>(_ values: A, _ expected: B) -> Double
where A.Element: BinaryFloatingPoint, B.Element: BinaryFloatingPoint {
  guard values.count == expected.count else { return .infinity }
  var (difference, norm) = (0.0, 0.0)
  for (value, reference) in zip(values, expected) {
    let delta = Double(value) - Double(reference)
    difference += delta * delta
    norm += Double(reference) * Double(reference)
  }
  guard difference.isFinite, norm.isFinite else { return .infinity }
  if difference == 0 { return 0 }
  return norm > 0 ? (difference / norm).squareRoot() : .infinity
}

/// The worst single element's error as a share of the expected root mean square, so that one fault among
/// thousands cannot hide in a norm.
public func worstElementError<A: Collection, B: Collection>(_ values: A, _ expected: B) -> Double
where A.Element: BinaryFloatingPoint, B.Element: BinaryFloatingPoint {
  guard values.count == expected.count else { return .infinity }
  var (worst, squares) = (0.0, 0.0)
  for (value, reference) in zip(values, expected) {
    let delta = abs(Double(value) - Double(reference))
    guard delta.isFinite else { return .infinity }
    worst = max(worst, delta)
    squares += Double(reference) * Double(reference)
  }
  if worst == 0 { return 0 }
  return squares > 0 ? worst / (squares / Double(values.count)).squareRoot() : .infinity
}

/// Where two sequences first differ, to the bit; nil where they do not.
///
/// Instead of `==` on long arrays: a failed `#expect` works out the difference of its operands, which for thousands
/// of elements takes minutes.
public func firstDifference<Element: Equatable>(
  _ values: some Collection<Element>, _ expected: some Collection<Element>
) -> String? {
  guard values.count == expected.count else { return "\(values.count) elements, expected \(expected.count)" }
  for (index, pair) in zip(values, expected).enumerated() where pair.0 != pair.1 {
    return "[\(index)] is \(pair.0), expected \(pair.1)"
  }
  return nil
}

import CSIMD
import GPT

/// Repeats a reference run with an engine and compares: each loss, the first gradient, the final parameters.
public struct ReferenceCheck: Sendable {
  /// One compared quantity.
  public struct Row: Sendable {
    /// `loss` and the step, or `gradient` or `final` and the tensor.
    public let quantity: String
    /// Relative for a loss, norm-wise for a tensor: ‖value − reference‖ / ‖reference‖.
    public let error: Double
    public let bound: Double
    /// The worst single element's error as a share of the tensor's root mean square; 0 for a loss.
    public let worstElement: Double
    public let elementBound: Double
    public var passed: Bool { error <= bound && worstElement <= elementBound }
  }

  /// The bounds of the numerics contract. A framework's float32 lands within 4e-6, 5e-7 and 1.3e-4.
  public static let lossBound = 1e-5
  public static let gradientBound = 1e-5
  public static let finalBound = 1e-3
  /// No single element may be wrong by this share of its tensor's root mean square, so that one fault among
  /// thousands cannot hide in a norm. Both engines land within 6e-6 and 4e-3.
  public static let gradientElementBound = 1e-4
  public static let finalElementBound = 1e-1

  public let rows: [Row]
  public var passed: Bool { rows.allSatisfy(\.passed) }

  public init(_ reference: ReferenceCase, engine: EngineOptions) {
    csimd_flush_denormals(1)
    let run = ReferenceRun(reference, engine: engine)
    var rows: [Row] = []
    for (step, pair) in zip(run.losses, reference.losses).enumerated() {
      let error = abs(pair.0 - pair.1) / abs(pair.1)
      rows.append(
        Row(
          quantity: "loss \(step + 1)", error: nanAsInfinite(error), bound: Self.lossBound, worstElement: 0,
          elementBound: 0))
    }
    for tensor in Tensor.allCases {
      rows.append(
        compare(
          "gradient \(tensor.name)", run.gradient[reference.shape.range(tensor)],
          reference.gradient[reference.shape.range(tensor)], Self.gradientBound, Self.gradientElementBound))
    }
    for tensor in Tensor.allCases {
      rows.append(
        compare(
          "final \(tensor.name)", run.final[reference.shape.range(tensor)],
          reference.final[reference.shape.range(tensor)], Self.finalBound, Self.finalElementBound))
    }
    self.rows = rows
  }
}

private func compare(
  _ quantity: String, _ values: ArraySlice<Float>, _ expected: ArraySlice<Float>, _ bound: Double,
  _ elementBound: Double
) -> ReferenceCheck.Row {
  var (difference, norm, worst) = (0.0, 0.0, 0.0)
  for (value, reference) in zip(values, expected) {
    let delta = nanAsInfinite(abs(Double(value) - Double(reference)))
    difference += delta * delta
    norm += Double(reference) * Double(reference)
    worst = max(worst, delta)
  }
  // A reference of zeros alone is met by zeros alone.
  let scale = norm > 0 ? norm.squareRoot() : .leastNormalMagnitude
  return ReferenceCheck.Row(
    quantity: quantity, error: nanAsInfinite(difference.squareRoot() / scale), bound: bound,
    worstElement: nanAsInfinite(worst / scale * Double(values.count).squareRoot()), elementBound: elementBound)
}

/// Not a number counts as infinitely wrong.
private func nanAsInfinite(_ error: Double) -> Double { error.isNaN ? .infinity : error }

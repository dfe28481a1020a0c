/// How the learning rate moves over a run, once it has warmed up.
public enum LearningRateSchedule: String, CaseIterable, Sendable {
  /// Falls in a straight line to 0.
  case linear
  /// Falls to 0 along half a cosine.
  case cosine
  /// Stays.
  case constant
  /// Warm-up, stable, decay: stays, and falls in a straight line to 0 over the last fifth of the run.
  case wsd

  /// How many of the run's last steps the rate falls in.
  ///
  /// - Parameters:
  ///   - steps: of the whole run.
  ///   - warmUp: of them, those in which the rate rises.
  public func decay(steps: Int, warmUp: Int) -> Int {
    switch self {
    case .linear, .cosine: steps - warmUp
    case .constant: 0
    case .wsd: min((steps + 4) / 5, steps - warmUp)
    }
  }

  /// The share of the largest rate that a step has: with K steps of warm-up (s + 1) / (K + 1) in step s < K; 1 in step K
  /// and until the rate falls; then, i of D falling steps done, 1 − i / D or (1 + cos(π i / D)) / 2. It would be 0 in the
  /// step after the last. Basic arithmetic alone, so that it is the same on every machine.
  ///
  /// - Parameter step: from 0.
  func factor(step: Int, steps: Int, warmUp: Int) -> Double {
    if step < warmUp { return Double(step + 1) / Double(warmUp + 1) }
    let decay = decay(steps: steps, warmUp: warmUp)
    let fallen = step - (steps - decay)
    guard fallen > 0 else { return 1 }
    let x = Double(fallen) / Double(decay)
    return self == .cosine ? Self.halfCosine(x) : 1 - x
  }

  /// (1 + cos πx) / 2 = cos²(πx/2) for 0 ≤ x ≤ 1, by the series of the sine up to π/4: error below 1e-15. Not the C
  /// library's, whose last bits differ between hosts, and so would the ranks' parameters.
  private static func halfCosine(_ x: Double) -> Double {
    let z = Double.pi / 2 * min(x, 1 - x)
    var series = 1.0
    for n in stride(from: 16.0, through: 2, by: -2) { series = 1 - z * z / (n * (n + 1)) * series }
    let square = z * series * (z * series)
    return x <= 0.5 ? 1 - square : square
  }
}

import Foundation

/// What several trainings with different seeds save: one of them need reach the target, so that each may be less likely
/// to, and so shorter.
enum Luck {
  /// Standard deviation of the loss over seeds, and how likely a schedule is to reach its target.
  private static let (deviation, wanted) = (0.003, 0.9)

  /// The steps that N trainings need over those that one needs.
  static func stepsFactor(trainings: Int) -> Double {
    let each = 1 - pow(1 - wanted, 1 / Double(trainings))
    return exp((quantile(wanted) - quantile(each)) * deviation / ShortestSchedule.usualSlope)
  }

  /// The standard normal's, by bisection.
  static func quantile(_ probability: Double) -> Double {
    var (low, high) = (-10.0, 10.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if 0.5 * erfc(-middle / 2.0.squareRoot()) < probability { low = middle } else { high = middle }
    }
    return low
  }
}

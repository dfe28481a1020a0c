import GPT

/// What one group of names says of the noise.
///
/// With G_k the mean gradient over the group's own P_k predictions, and G that over all groups' predictions, the group
/// deviates by d_k = P_k (G_k − G); the deviations of all groups add up to 0.
struct NoiseGroup: Equatable {
  /// P_k
  var predictions: Int
  /// |d_k|²
  var deviationSquared: Double
  /// G · d_k
  var projection: Double
}

extension NoiseScale {
  /// From groups that were drawn at random, without replacement, none sharing a name.
  ///
  /// With K groups of m names and P predictions together, of M training names:
  ///
  ///     S    = Σ |d_k|² / P_k / (K − 1)
  ///     |G|² = |mean gradient of all groups|² − (1 − m / M) S / P
  ///
  /// A group's sum varies by (1 − m_k / m) of what as many independent names would, and these factors add up to K − 1: so S
  /// needs no correction for drawing without replacement. The mean gradient of all groups does: of the whole training
  /// set there is nothing left to vary.
  ///
  /// The interval is of the ratio |G|² / S, whose errors are nearly normal while S / |G|² may be unbounded: by the
  /// infinitesimal jackknife over the groups, with what the square of the noise itself varies by.
  ///
  /// - Parameters:
  ///   - groups: at least two.
  ///   - meanSquared: the squared norm of the mean gradient over all groups' predictions.
  ///   - names: m
  ///   - trainingNames: M
  ///   - trainingPredictions: of all training names.
  init(groups: [NoiseGroup], meanSquared: Double, names: Int, trainingNames: Int, trainingPredictions: Int) {
    precondition(groups.count > 1 && names <= trainingNames)
    let count = Double(groups.count)
    let all = Double(groups.reduce(0) { $0 + $1.predictions })
    let left = 1 - Double(names) / Double(trainingNames)
    let shares = groups.map { $0.deviationSquared / Double($0.predictions) }
    let noise = shares.reduce(0, +) / (count - 1)
    let gradientSquared = meanSquared - left * noise / all
    (self.noise, self.gradientSquared) = (noise, gradientSquared)
    (self.groups, self.names) = (groups.count, names)
    inPredictions =
      noise > 0
      ? Self.interval(groups, shares, noise: noise, gradientSquared: gradientSquared, predictions: all, left: left)
      // Names that are all alike: any batch has the whole gradient.
      : Interval(estimate: gradientSquared > 0 ? 0 : nil, low: 0, high: gradientSquared > 0 ? 0 : nil)
    inNames = inPredictions.divided(by: Double(trainingPredictions) / Double(trainingNames))
  }

  /// - Parameters:
  ///   - shares: |d_k|² / P_k.
  ///   - left: 1 − m / M.
  private static func interval(
    _ groups: [NoiseGroup], _ shares: [Double], noise: Double, gradientSquared: Double, predictions: Double,
    left: Double
  ) -> Interval {
    let count = Double(groups.count)
    let mean = shares.reduce(0, +) / count
    let ratio = gradientSquared / noise
    // How the ratio moves with S, of which |G|² has a part taken off.
    let bySpread = (ratio + left / predictions) / noise
    var first = 0.0, spread = 0.0
    for (group, share) in zip(groups, shares) {
      let influence =
        2 * left.squareRoot() * group.projection / (predictions * noise) - bySpread * (share - mean) / (count - 1)
      first += influence * influence
      spread += (share - mean) * (share - mean)
    }
    // The noise's own square in the mean gradient varies like a group's, and grows with the noise while G does not.
    let own = left / (predictions * noise)
    let variance = first * count / (count - 1) + own * own * spread / (count - 1)
    let reach = studentQuantile(degrees: count - 1) * variance.squareRoot()
    func scale(_ ratio: Double) -> Double? { ratio > 0 ? 1 / ratio : nil }
    return Interval(estimate: scale(ratio), low: scale(ratio + reach), high: scale(ratio - reach))
  }
}

/// Student's t below which 97.5 % lie, to a hundredth.
///
/// - Source: Abramowitz and Stegun, 26.7.5, which comes to that from 3 degrees of freedom on.
public func studentQuantile(degrees: Double) -> Double {
  guard degrees >= 3 else { return degrees < 2 ? 12.706 : 4.303 }
  let z = 1.959964
  let (z2, z4, z6, z8) = (z * z, z * z * z * z, z * z * z * z * z * z, z * z * z * z * z * z * z * z)
  let terms = [
    1, (z2 + 1) / 4, (5 * z4 + 16 * z2 + 3) / 96, (3 * z6 + 19 * z4 + 17 * z2 - 15) / 384,
    (79 * z8 + 776 * z6 + 1482 * z4 - 1920 * z2 - 945) / 92160,
  ]
  return z * terms.reversed().reduce(0) { $0 / degrees + $1 }
}

/// What a group of ranks brings to a mean over groups: target[i] = weight · (values[i] − origin[i]).
///
/// - Parameters:
///   - count: any.
///   - values, origin: (count)
///   - target: (count), overwritten.
public func weigh(count: Int, _ values: Floats, from origin: Floats, by weight: Float, into target: MutableFloats) {
  for i in 0..<count { target[i] = weight * (values[i] - origin[i]) }
}

/// The same without an origin: target[i] = weight · values[i].
public func weigh(count: Int, _ values: Floats, by weight: Float, into target: MutableFloats) {
  for i in 0..<count { target[i] = weight * values[i] }
}

/// A step of the outer parameters towards the groups' mean: θ += sums / weight.
///
/// - Parameters:
///   - count: any.
///   - outer: θ, (count), updated.
///   - sums: (count): weight · (θ_g − θ) of all groups, added up.
///   - weight: of all groups together.
public func moveToMean(count: Int, _ outer: MutableFloats, sums: Floats, weight: Float) {
  for i in 0..<count { outer[i] += sums[i] / weight }
}

/// The same with Nesterov's momentum: with Δ = −sums / weight, v = μ v + Δ and θ −= rate · (Δ + μ v).
///
/// - Parameters:
///   - momentum: v, (count), updated.
///   - decay: μ
/// - Source: Douillard et al., "DiLoCo", 2023, algorithm 1; Sutskever et al., 2013, as frameworks write it.
public func moveByMomentum(
  count: Int, _ outer: MutableFloats, momentum: MutableFloats, sums: Floats, weight: Float, rate: Float, decay: Float
) {
  for i in 0..<count {
    let delta = -(sums[i] / weight)
    let kept = decay * momentum[i] + delta
    momentum[i] = kept
    outer[i] -= rate * (delta + decay * kept)
  }
}

/// Values that went on while the mean of all groups was on its way take in what it would have changed:
/// values[i] += decay · (mean[i] / weight − sent[i]).
///
/// - Parameters:
///   - values: (count), updated.
///   - sums: (count): weight · values of all groups, added up.
///   - sent: (count): this group's, as they went into the sums.
///   - decay: what is left by now of what was sent.
public func takeIn(
  count: Int, _ values: MutableFloats, sums: Floats, weight: Float, sent: Floats, decay: Float
) {
  for i in 0..<count { values[i] += decay * (sums[i] / weight - sent[i]) }
}

/// sent[i] = (sent[i] + mean[i]) / 2, with the groups' mean[i] = outer[i] + sums[i] / weight.
///
/// - Parameters:
///   - sent: (count): a group's values, as they went into the sums; updated.
///   - outer: (count), from which the sums' distances are.
public func meetHalfway(count: Int, _ sent: MutableFloats, outer: Floats, sums: Floats, weight: Float) {
  for i in 0..<count { sent[i] = 0.5 * (sent[i] + (outer[i] + sums[i] / weight)) }
}

/// values[i] = sums[i] / weight.
public func takeMean(count: Int, _ values: MutableFloats, sums: Floats, weight: Float) {
  for i in 0..<count { values[i] = sums[i] / weight }
}

/// values[i] += target[i] − sent[i]: a jump that was worked out for where the values were.
public func jump(count: Int, _ values: MutableFloats, to target: Floats, from sent: Floats) {
  for i in 0..<count { values[i] += target[i] - sent[i] }
}

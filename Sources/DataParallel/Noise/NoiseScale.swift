/// How large a batch may be before its gradient is mostly signal: the gradient noise scale S / |G|², measured at frozen
/// parameters.
///
/// The gradient of a batch of P predictions is G + noise of variance S / P. At P = S / |G|² both are alike: smaller batches
/// take steps that mostly wander, larger ones compute what is known already.
///
/// - Source: McCandlish, Kaplan, Amodei and the OpenAI Dota Team, "An Empirical Model of Large-Batch Training", 2018,
///   arXiv 1812.06162, §2.2 and appendix A.
public struct NoiseScale: Sendable, Equatable {
  /// An estimate with an interval that holds the truth 95 times in 100.
  public struct Interval: Sendable, Equatable {
    /// Nil where the gradient drowns in the noise: then the scale is larger than `low`, and nobody knows by how much.
    public var estimate: Double?
    public var low: Double?
    /// Nil for no upper end.
    public var high: Double?

    /// The same in another unit.
    func divided(by unit: Double) -> Interval {
      Interval(estimate: estimate.map { $0 / unit }, low: low.map { $0 / unit }, high: high.map { $0 / unit })
    }
  }

  /// S: the trace of the covariance of a mean gradient over P predictions, times P.
  public var noise: Double
  /// |G|² of the whole training set, without what noise adds to it. May come out negative where noise is all there is.
  public var gradientSquared: Double
  /// S / |G|²
  public var inPredictions: Interval
  /// The same by the predictions that a training name has in the mean.
  public var inNames: Interval
  /// Groups that were drawn, and their names together.
  public var groups, names: Int
}

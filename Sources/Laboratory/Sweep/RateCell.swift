import Schemas

/// The best held-out loss at a rate and a batch, whatever else was tried; the mean of a setting's seeds counts.
struct RateCell {
  private struct Place: Hashable {
    var batch: Int
    var rate: Double
  }

  var batch: Int
  var rate: Double
  /// Nil where no trial finished.
  var loss: Double?

  /// Of one width, in the order of batch and rate.
  static func cells(_ trials: [TrialRecord]) -> [RateCell] {
    Dictionary(grouping: trials) { Place(batch: $0.batch, rate: $0.learningRate) }.map { place, trials in
      RateCell(batch: place.batch, rate: place.rate, loss: SeedSpread.all(trials).map(\.mean).min())
    }.sorted { ($0.batch, $0.rate) < ($1.batch, $1.rate) }
  }
}

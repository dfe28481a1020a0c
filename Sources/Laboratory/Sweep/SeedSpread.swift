import Schemas

/// What one setting came to over its seeds.
package struct SeedSpread {
  /// The first of its trials; the others differ in the seed and the results.
  package let record: TrialRecord
  /// Seeds that were tried.
  package let seeds: Int
  /// Held-out losses of those that finished; not empty.
  package let losses: [Double]

  package var mean: Double { losses.reduce(0, +) / Double(losses.count) }
  package var least: Double { losses.min() ?? .nan }
  package var greatest: Double { losses.max() ?? .nan }

  /// Of all settings with a trial that finished, in the order of the plan.
  static func all(_ trials: [TrialRecord]) -> [SeedSpread] {
    let groups = Dictionary(grouping: trials, by: \.settingsText)
    return trials.distinct(\.settingsText).compactMap { settings in
      guard let same = groups[settings], let first = same.first else { return nil }
      let losses = same.compactMap(\.finalHeldOutLoss)
      return losses.isEmpty ? nil : SeedSpread(record: first, seeds: same.count, losses: losses)
    }
  }

  /// Of the settings that were tried with several seeds, the least mean first.
  package static func severalSeeds(_ trials: [TrialRecord]) -> [SeedSpread] {
    all(trials).filter { $0.seeds > 1 }.sorted { $0.mean < $1.mean }
  }
}

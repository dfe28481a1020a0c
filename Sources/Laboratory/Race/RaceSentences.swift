import Schemas
import Values

extension RaceFile {
  /// What batches and ranks are worth, a sentence each, as far as it was measured.
  public var batchSentences: [String] {
    [criticalBatch.map(sentence), noiseScale.flatMap(sentence), limitSentence].compactMap { $0 }
  }

  private func sentence(_ batch: CriticalBatch) -> String {
    let words =
      batch.namesLow == nil
      ? "\(significant(batch.names)) names"
      : estimateWords(batch.names, low: batch.namesLow, high: batch.namesHigh, unit: "names")
    return "The critical batch is \(words): there a training takes twice the fewest steps."
  }

  private func sentence(_ points: [NoisePoint]) -> String? {
    guard let first = points.first, let last = points.last else { return nil }
    func words(_ point: NoisePoint) -> String {
      estimateWords(point.names, low: point.namesLow, high: point.namesHigh, unit: "names")
    }
    return "The gradient noise scale is \(words(first)) after \(grouped(first.step)) steps of the fastest training"
      + (points.count > 1 ? ", and \(words(last)) after \(grouped(last.step))." : ".")
  }

  private var limitSentence: String? {
    guard let limit = rankLimit else {
      // Of older files.
      return timeToTarget.filter { !$0.measured }.min { $0.seconds < $1.seconds }.map {
        "The predicted time falls up to \(plural($0.ranks, "rank")): \(significant($0.seconds)) s at batch "
          + "\(grouped($0.batch))."
      }
    }
    let shares =
      "\(fixed(100 * limit.ceremonyShare, 0)) % of the ranks' time is not one core's work, and even a batch of the whole training set "
      + "would take \(fixed(100 * limit.noiseShare, 0)) % of the steps"
    return "The predicted time falls up to \(plural(limit.ranks, "rank")): \(significant(limit.seconds)) s at batch "
      + "\(grouped(limit.batch)). What ends it is \(limit.cause): \(shares)."
  }
}

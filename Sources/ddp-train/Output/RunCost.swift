import DataParallel
import Values

/// What the steps of this process cost: core-seconds, and energy where it was measured or where watts are assumed.
struct RunCost {
  /// Of all ranks.
  let coreSeconds: Double
  /// Of the batches.
  let names: Int
  /// Of all hosts while they trained; nil where that is not known.
  let joules: Double?
  /// What was read, and why it was not; of rank 0's host.
  let source, obstacle: String?
  /// Of a core; nil where nothing is assumed, or where there is no need to.
  let assumedWatts: Double?

  /// - Parameters:
  ///   - energy: nil where nobody asks.
  ///   - watts: `--watts`.
  init(_ run: RunSummary, energy: EnergyWatch.Found?, watts: Double?, ranks: Int) {
    let seconds = run.stepSeconds + (run.exchanges?.seconds ?? 0)
    self.init(coreSeconds: Double(ranks) * seconds, names: run.ownSamples, energy: energy, watts: watts)
  }

  init(coreSeconds: Double, names: Int, energy: EnergyWatch.Found?, watts: Double?) {
    (self.coreSeconds, self.names) = (coreSeconds, names)
    (joules, source, obstacle) = (energy?.joules, energy?.source, energy?.obstacle)
    assumedWatts = joules == nil ? watts : nil
  }

  var assumedJoules: Double? { assumedWatts.map { $0 * coreSeconds } }

  /// Nil where no name was trained on.
  func perMillionNames(_ amount: Double) -> Double? { names > 0 ? amount / Double(names) * 1e6 : nil }

  /// "17.4 core-seconds, 87 J per million names; …"
  var words: String {
    guard let time = perMillionNames(coreSeconds) else { return "–" }
    let seconds = "\(significant(time)) core-seconds"
    if let joules, let source, let each = perMillionNames(joules) {
      return "\(seconds) and \(significant(each)) J per million names; \(significant(joules)) J in all, of \(source)"
    }
    if let assumedWatts, let assumedJoules, let each = perMillionNames(assumedJoules) {
      return "\(seconds) per million names; at \(significant(assumedWatts)) W a core, which is assumed, "
        + "\(significant(each)) J, and \(significant(assumedJoules)) J in all"
    }
    return "\(seconds) per million names; energy is not measurable here: \(obstacle ?? "nobody looked")"
  }
}

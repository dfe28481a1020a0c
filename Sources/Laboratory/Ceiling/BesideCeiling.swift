import Schemas

/// A part of a step in which N ranks may lose what the ceiling has.
enum StepPart: String, CaseIterable {
  /// Passes and update are the slowest rank's.
  case selection, passes, wait, synchronisation, update
  /// What no part has: the parts are of other steps than the step's time.
  case rest
}

/// A measured number of ranks beside its ceiling. Times in µs; those of the ceiling multiplied by one core's step here
/// over one core's step there, so that they are of the same machine at the same speed.
struct BesideCeiling: FileRecord, OfCase, OfStrategy {
  var c = 0, heads = 0, batch = 0, globalBatch = 0, mode = ScalingMode.strong
  var strategy = "", chosen = "", ranks = 0
  var speedup = Double.nan, speedupLow = Double.nan, speedupHigh = Double.nan
  var flopBound = Double.nan, speedupCeiling = Double.nan, expectedSpeedup = Double.nan
  /// By the model that was fitted to the measurement; nil where none was.
  var predictedSpeedup: Double?
  var usPerStep = Double.nan, ceilingUs = Double.nan, expectedUs = Double.nan
  var selectionUs: Double?, ceilingSelectionUs = Double.nan
  var passesUs: Double?, ceilingPassesUs = Double.nan
  /// Beyond the slowest rank's passes, and beyond its update.
  var waitUs: Double?, synchronisationUs: Double?
  var updateUs: Double?, ceilingUpdateUs = Double.nan
  var restUs: Double?
  var busyCoreSpeed = Double.nan
  /// One core's step, here and where the ceiling was measured.
  var singleCoreUs = Double.nan, ceilingSingleCoreUs = Double.nan
  /// The part that has most above the ceiling's; empty where none has more, and where a file does not know the parts.
  var lostTo = ""

  init() {}

  init(_ result: ScalingResult, _ ceiling: CeilingResult, predicted: Prediction?) {
    (c, heads, batch, globalBatch) = (result.c, result.heads, result.batch, result.globalBatch)
    (mode, strategy, chosen, ranks) = (result.mode, result.strategy, result.chosen, result.ranks)
    (speedup, speedupLow, speedupHigh) = (result.speedup, result.speedupLow, result.speedupHigh)
    (flopBound, speedupCeiling) = (ceiling.flopBound, ceiling.speedupCeiling)
    expectedSpeedup = ceiling.expectedSpeedup
    predictedSpeedup = predicted.map { $0.efficiency * Double($0.ranks) }
    (singleCoreUs, ceilingSingleCoreUs) = (result.singleCoreUsPerStep, ceiling.singleCoreUs)
    usPerStep = result.usPerStep
    (ceilingUs, expectedUs) = (singleCoreUs / speedupCeiling, singleCoreUs / expectedSpeedup)
    let scale = singleCoreUs / ceilingSingleCoreUs
    ceilingSelectionUs = scale * ceiling.selectionUs
    ceilingPassesUs = scale * ceiling.computeMaxUs
    ceilingUpdateUs = scale * ceiling.updateMaxUs
    busyCoreSpeed = result.busyCoreSpeed
    (selectionUs, passesUs, updateUs) = (result.selectionUs, result.slowestPassesUs, result.slowestUpdateUs)
    (waitUs, synchronisationUs) = (result.barrierWaitUs, result.otherSyncUs)
    let parts = [selectionUs, passesUs, waitUs, synchronisationUs, updateUs].compactMap { $0 }
    if parts.count == 5 { restUs = max(0, usPerStep - parts.reduce(0, +)) }
    let most = StepPart.allCases.compactMap { part in excess(of: part).map { (part, $0) } }.max { $0.1 < $1.1 }
    if let most, most.1 > 0 { lostTo = most.0.rawValue }
  }

  /// A part's time here, and the ceiling's, in which nobody waits; nil where the file does not know.
  func times(of part: StepPart) -> (measured: Double, ceiling: Double)? {
    switch part {
    case .selection: selectionUs.map { ($0, ceilingSelectionUs) }
    case .passes: passesUs.map { ($0, ceilingPassesUs) }
    case .wait: waitUs.map { ($0, 0) }
    case .synchronisation: synchronisationUs.map { ($0, 0) }
    case .update: updateUs.map { ($0, ceilingUpdateUs) }
    case .rest: restUs.map { ($0, 0) }
    }
  }

  private func excess(of part: StepPart) -> Double? {
    times(of: part).map { $0.measured - $0.ceiling }.flatMap { $0.isFinite ? $0 : nil }
  }
}

extension ScalingReport {
  /// In the order of the results.
  var rowsBesideCeilings: [BesideCeiling] {
    let predicted = Dictionary(predictions.map { (Configuration($0), $0) }) { first, _ in first }
    return besideCeilings.map { result, ceiling in
      BesideCeiling(result, ceiling, predicted: predicted[Configuration(result)])
    }
  }

  /// A sentence for each case that was measured on several ranks of which some have no ceiling; none without ceilings.
  var withoutCeiling: [String] {
    guard ceiling != nil else { return [] }
    let known = Set(besideCeilings.map { Configuration($0.result) })
    return cases.compactMap { what in
      let lacking = results(of: what).filter { $0.ranks > 1 && !known.contains(Configuration($0)) }
      guard !lacking.isEmpty else { return nil }
      let ranks = Set(lacking.map(\.ranks)).sorted().map(String.init).joined(separator: ", ")
      return "\(what.title), \(what.mode.rawValue) scaling: no ceiling for N = \(ranks)."
    }
  }
}

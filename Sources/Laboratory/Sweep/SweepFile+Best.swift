import Schemas

extension SweepFile {
  /// Those that finished, the least held-out loss first.
  package func bestByHeldOutLoss(most: Int) -> [TrialRecord] {
    Array(
      trials.filter { $0.finalHeldOutLoss != nil }
        .sorted { ($0.heldOutLoss ?? .infinity) < ($1.heldOutLoss ?? .infinity) }.prefix(most))
  }

  /// Those that finished with a training loss below `target`, the fastest first.
  package func fastest(toTrainingLoss target: Double) -> [TrialRecord] {
    trials.filter { $0.isFinished && ($0.trainingLoss ?? .infinity) < target }.sorted { $0.seconds < $1.seconds }
  }
}

extension TrialRecord {
  package var isFinished: Bool { outcome == "finished" }

  /// Of a trial that finished; nil where it is not a number.
  var finalHeldOutLoss: Double? { isFinished ? heldOutLoss.flatMap { $0.isFinite ? $0 : nil } : nil }
}

import Checkpoints
import DataParallel
import Values

/// A run's progress as a checkpoint keeps it: the losses as a tensor, the rest in the metadata.
extension TrainingProgress {
  var metadata: [String: String] {
    StoredProgress(
      elapsedSeconds: elapsedSeconds, rows: (rows.whole, rows.sum, rows.largest), ranks: ranks,
      phases: Phase.allCases.map { phases[$0] },
      microsecondsPerStep: microsecondsPerStep
    ).metadata
  }

  /// - Throws: `CheckpointError` where a whole checkpoint lacks what this program writes.
  init(_ checkpoint: Checkpoint) throws {
    let stored = try StoredProgress(checkpoint)
    var phases = PhaseTimes()
    for (phase, time) in zip(Phase.allCases, stored.phases) { phases[phase] = time }
    self.init(
      steps: checkpoint.step, losses: checkpoint.losses, elapsedSeconds: stored.elapsedSeconds,
      rows: RowCounts(whole: stored.rows.whole, sum: stored.rows.sum, largest: stored.rows.largest),
      ranks: stored.ranks, phases: phases, microsecondsPerStep: stored.microsecondsPerStep)
    averagedSteps = checkpoint.averagedSteps
  }
}

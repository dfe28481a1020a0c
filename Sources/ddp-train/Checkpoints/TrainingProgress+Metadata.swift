import Checkpoints
import DataParallel

/// A run's progress as a checkpoint keeps it: the losses as a tensor, the rest in the metadata.
extension TrainingProgress {
  var metadata: [String: String] {
    StoredProgress(
      elapsedSeconds: elapsedSeconds, rows: (rows.whole, rows.sum, rows.largest), ranks: ranks,
      phases: [phases.selection, phases.forward, phases.backward, phases.wait, phases.synchronisation, phases.adam],
      microsecondsPerStep: microsecondsPerStep
    ).metadata
  }

  /// - Throws: `CheckpointError` where a whole checkpoint lacks what this program writes.
  init(_ checkpoint: Checkpoint) throws {
    let stored = try StoredProgress(checkpoint)
    let times = stored.phases
    var phases = PhaseTimes()
    (phases.selection, phases.forward, phases.backward) = (times[0], times[1], times[2])
    (phases.wait, phases.synchronisation, phases.adam) = (times[3], times[4], times[5])
    self.init(
      steps: checkpoint.step, losses: checkpoint.losses, elapsedSeconds: stored.elapsedSeconds,
      rows: RowCounts(whole: stored.rows.whole, sum: stored.rows.sum, largest: stored.rows.largest),
      ranks: stored.ranks, phases: phases, microsecondsPerStep: stored.microsecondsPerStep)
  }
}

import Checkpoints
import DataParallel

/// A run's progress as a checkpoint keeps it: the losses as a tensor, the rest in the metadata.
extension TrainingProgress {
  private enum Key {
    static let elapsed = "elapsed-seconds"
    static let rows = "rows"
    static let ranks = "ranks"
    static let phases = "phases-ns"
    static let stepTime = "us-per-step"
  }

  var metadata: [String: String] {
    let times = [
      phases.selection, phases.forward, phases.backward, phases.wait, phases.synchronisation, phases.adam,
    ]
    return [
      Key.elapsed: "\(elapsedSeconds)", Key.ranks: "\(ranks)", Key.stepTime: "\(microsecondsPerStep)",
      Key.rows: "\(rows.whole) \(rows.sum) \(rows.largest)",
      Key.phases: times.map { "\($0)" }.joined(separator: " "),
    ]
  }

  /// - Throws: `CheckpointError` where a whole checkpoint lacks what this program writes.
  init(_ checkpoint: Checkpoint) throws {
    func numbers<Number: LosslessStringConvertible>(_ key: String, _ count: Int) throws -> [Number] {
      let numbers = (checkpoint.metadata[key] ?? "").split(separator: " ").compactMap { Number(String($0)) }
      guard numbers.count == count else { throw CheckpointError(.damaged, checkpoint.path, "it has no \(key)") }
      return numbers
    }
    let rows: [Int] = try numbers(Key.rows, 3)
    let times: [Double] = try numbers(Key.phases, 6)
    var phases = PhaseTimes()
    (phases.selection, phases.forward, phases.backward) = (times[0], times[1], times[2])
    (phases.wait, phases.synchronisation, phases.adam) = (times[3], times[4], times[5])
    self.init(
      steps: checkpoint.step, losses: checkpoint.losses, elapsedSeconds: try numbers(Key.elapsed, 1)[0],
      rows: RowCounts(whole: rows[0], sum: rows[1], largest: rows[2]), ranks: try numbers(Key.ranks, 1)[0],
      phases: phases, microsecondsPerStep: try numbers(Key.stepTime, 1)[0])
  }
}

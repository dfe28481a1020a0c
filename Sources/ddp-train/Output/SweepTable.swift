import Laboratory
import Schemas

/// What became of each trial of a sweep, in the order of the plan. Rank 0 fills it.
final class SweepTable {
  let trials: [Trial]
  /// Records of earlier processes.
  let earlier: [Trial: TrialRecord]
  private var records: [Trial: TrialRecord] = [:]
  private var (ownSeconds, ownTrials) = (0.0, 0)

  init(_ trials: [Trial], earlier: [Trial: TrialRecord]) throws {
    (self.trials, self.earlier) = (trials, earlier)
    for trial in trials { records[trial] = earlier[trial] }
  }

  /// Trials that no earlier process has recorded.
  var missing: [Trial] { trials.filter { earlier[$0] == nil } }

  /// A trial that this process has trained.
  ///
  /// - Parameter isFinal: whether it stands for itself.
  func add(_ record: TrialRecord, isFinal: Bool) {
    ownSeconds += record.seconds * Double(record.ranks)
    ownTrials += 1
    if isFinal, let trial = try? Trial(record) { records[trial] = record }
  }

  /// The last rung's record of a trial, or a later one.
  func set(_ record: TrialRecord, for trial: Trial) { records[trial] = record }

  func file(ranks: Int, ranksPerTrial: Int, wallSeconds: Double) -> SweepFile {
    SweepFile {
      ($0.ranks, $0.ranksPerTrial, $0.wallSeconds) = (ranks, ranksPerTrial, wallSeconds)
      $0.utilisation = ownSeconds / (Double(ranks) * wallSeconds)
      $0.trained = ownTrials
      $0.trials = trials.compactMap { records[$0] }
    }
  }
}

import Schemas
import CSystem
import CSIMD
import DataParallel
import GPT
import MPI

/// One configuration of a scaling experiment on the ranks it is for, with a model and an engine of its own.
final class Contender {
  let mode: ScalingMode
  /// As it was asked for.
  let strategy: SynchronisationStrategy
  /// What was taken.
  let chosen: SynchronisationStrategy
  let settings: Settings
  let group: Communicator
  private let synchronisation: Synchronisation
  private let training: TrainingStep
  /// Of each counted step of which nothing was measured inside, in µs.
  private var steps: [Double] = []
  private var phases = PhaseLog()
  /// Rows that one rank would compute, and that all of them did.
  private var rows = RowCounts()

  /// Collective over `group`.
  ///
  /// - Throws: `JobFailure` where the strategy cannot be had on these ranks.
  init(_ settings: Settings, mode: ScalingMode, names: NameTable, group: Communicator) throws {
    self.settings = settings
    self.mode = mode
    self.group = group
    strategy = settings.strategy
    synchronisation = try Synchronisation(settings, world: group)
    chosen = synchronisation.strategy
    training = try TrainingStep(
      settings: settings, names: names, rank: group.rank, ranks: group.size,
      synchronisation: synchronisation.implementation)
  }

  /// Runs the steps twice: as they are, then with the wait measured apart. Collective over `group`.
  ///
  /// - Parameter warmUp: how many of the first steps are not counted: others have emptied the caches.
  func turn(_ range: Range<Int>, warmUp: Int) throws {
    try group.barrier()
    let counted = range.lowerBound + warmUp
    for step in range where !training.wasStopped {
      let start = csimd_nanoseconds()
      let outcome = try training.run(step, measuringWait: false)
      guard step >= counted else { continue }
      steps.append(Double(csimd_nanoseconds() - start) / 1000)
      rows = rows + outcome.rows
    }
    for step in range where !training.wasStopped {
      let switches = csystem_involuntary_switches()
      let outcome = try training.run(step, measuringWait: true)
      guard step >= counted else { continue }
      phases.add(
        outcome.phases, rows: training.engine.work.rows, switches: csystem_involuntary_switches() - switches)
    }
  }

  /// What all of its turns came to. Collective over `group`; complete on its rank 0.
  func record(roundLength: Int) throws -> Record {
    Record(
      steps: RoundSample(try group.allReduce(steps, .max), roundLength: roundLength),
      phases: try phases.gathered(by: group), workInflation: rows.workInflation)
  }

  struct Record {
    /// Each step as long as its slowest rank's, in µs.
    var steps: RoundSample
    /// One for each rank.
    var phases: [PhaseLog]
    var workInflation: Double
  }

  /// Gives memory back that ranks share. Collective over `group`.
  func close() throws { try training.close() }
}

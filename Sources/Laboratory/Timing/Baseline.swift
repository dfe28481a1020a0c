import CSIMD
import DataParallel
import GPT

/// One core with a batch of its own and no MPI in its steps: what every number of ranks is compared with.
final class Baseline {
  let batch: Int
  private let training: TrainingStep
  private(set) var phases = PhaseLog()
  private(set) var steps: [Double] = []

  init(_ settings: Settings, names: NameTable) throws {
    batch = settings.batch
    training = try TrainingStep(
      settings: settings, names: names, rank: 0, ranks: 1,
      synchronisation: SoloSynchronisation(parameterCount: settings.shape.parameterCount))
  }

  func turn(_ range: Range<Int>, warmUp: Int) throws {
    for step in range where !training.wasStopped {
      let start = csimd_nanoseconds()
      let outcome = try training.run(step, measuringWait: false)
      guard step >= range.lowerBound + warmUp else { continue }
      steps.append(Double(csimd_nanoseconds() - start) / 1000)
      phases.add(outcome.phases, rows: training.engine.work.rows, switches: 0)
    }
  }
}

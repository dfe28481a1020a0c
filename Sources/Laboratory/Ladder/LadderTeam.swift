import DataParallel
import GPT
import MPI

/// All ranks together, as in a training run.
final class LadderTeam {
  let rung: Rung
  let training: TrainingStep
  private let synchronisation: Synchronisation
  private let world: Communicator

  /// Collective.
  init(shape: Shape, batch: Int, names: NameTable, world: Communicator) throws {
    self.world = world
    let engine = EngineOptions()
    let settings = try Settings(ladder: shape, batch: batch, engine: engine)
    synchronisation = try Synchronisation(settings, world: world)
    training = try TrainingStep(
      settings: settings, names: names, rank: world.rank, ranks: world.size,
      synchronisation: synchronisation.implementation)
    rung = Rung("ranks", "\(world.size) ranks, \(synchronisation.strategy)", options: engine)
  }

  /// Collective.
  func trace() throws -> RungTrace {
    let own = synchronisation.implementation.replica?.own ?? 0..<training.state.shape.parameterCount
    return try RungTrace(training, own: own, world: world)
  }

  /// Gives memory back that ranks share. Collective.
  func close() throws { try training.close() }
}

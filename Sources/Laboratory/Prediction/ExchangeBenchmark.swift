import CSIMD
import DataParallel
import GPT
import MPI

/// What a strategy's exchange costs on some ranks, by gradient size: what predictions are fitted to.
public struct ExchangeMeasurement: Sendable, Equatable {
  /// As it was asked for, and what was taken.
  public var strategy: SynchronisationStrategy
  public var chosen: SynchronisationStrategy
  public var ranks: Int
  public var c: Int
  /// P
  public var parameters: Int
  /// From the last rank's arrival to the step's end less the update: median over the steps of the ranks' mean, in µs.
  public var exchangeUs: Double
  /// The update, likewise.
  public var updateUs: Double
}

/// Measures exchanges with next to nothing between them: steps of one name a rank.
public enum ExchangeBenchmark {
  /// Until TCP has opened its windows.
  private static let warmUp = 24
  private static let fewest = 12

  /// Collective over `group`.
  ///
  /// - Parameters:
  ///   - seconds: at least, once warm.
  ///   - isStopped: whether rank 0 is to make an end; of the group others are asked as well.
  /// - Throws: `JobFailure` where the strategy cannot be had on these ranks.
  /// - Returns: on the group's rank 0 what was measured; elsewhere the times are of no use.
  public static func measure(
    _ strategy: SynchronisationStrategy, shape: Shape, engine: EngineOptions, names: NameTable, seconds: Double,
    group: Communicator, isStopped: () throws -> Bool
  ) throws -> ExchangeMeasurement {
    let settings = try Settings(
      shape: shape, batch: group.size, steps: 1 << 20, learningRate: 0.003, seed: 1, engine: engine, evaluate: false,
      strategy: strategy)
    let synchronisation = try Synchronisation(settings, world: group)
    let training = try TrainingStep(
      settings: settings, names: names, rank: group.rank, ranks: group.size,
      synchronisation: synchronisation.implementation)
    var log = PhaseLog()
    var step = 0
    var goesOn = true
    let start = csimd_nanoseconds()
    while goesOn {
      let outcome = try training.run(step, measuringWait: true)
      step += 1
      if step > warmUp { log.add(outcome.phases, rows: 0, switches: 0) }
      guard step >= warmUp + fewest, step % 4 == 0 else { continue }
      let isOver = try Double(csimd_nanoseconds() - start) >= seconds * 1e9 || isStopped()
      goesOn = try StopSignal.goesOn(!isOver, over: group)
    }
    let logs = try log.gathered(by: group)
    try training.close()
    return ExchangeMeasurement(
      strategy: strategy, chosen: synchronisation.strategy, ranks: group.size, c: shape.dModel,
      parameters: shape.parameterCount, exchangeUs: logs.typical(\.[.synchronisation]),
      updateUs: logs.typical(\.[.adam]))
  }
}

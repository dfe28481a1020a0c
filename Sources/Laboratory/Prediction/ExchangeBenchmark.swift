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
  /// 95 % of it; nil where unknown.
  public var interval: ClosedRange<Double>?
  /// The update, likewise the median.
  public var updateUs: Double
  /// A pass of the host's barrier beside it, in ns.
  public var barrierNs: Double?
}

/// Measures exchanges with next to nothing between them: steps of one name per rank.
public enum ExchangeBenchmark {
  /// Until TCP has opened its windows.
  private static let warmUp = 24
  private static let fewest = 3

  /// Collective over `group`.
  ///
  /// - Parameters:
  ///   - seconds: at least, once warm.
  ///   - isStopped: whether rank 0 is to make an end; of the group others are asked as well.
  /// - Throws: `JobFailure` where the strategy is not available on these ranks.
  /// - Returns: on the group's rank 0 what was measured; elsewhere the times are of no use.
  public static func measure(
    _ strategy: SynchronisationStrategy, shape: Shape, engine: EngineOptions, names: NameTable, seconds: Double,
    group: Communicator, isStopped: () throws -> Bool, progress: (Turns.Progress) -> Void
  ) throws -> ExchangeMeasurement {
    let training = try TimedTraining(
      TimedCase(shape: shape, batch: group.size, engine: engine, strategy: strategy).settings, names: names,
      group: group)
    let barrier = try BarrierTime(group)
    try training.warmUp(times: warmUp)
    try Turns(seconds: seconds, leastRounds: fewest).run(
      over: group, isStopped: isStopped, progress: progress
    ) {
      try barrier.measure()
      try training.turn()
    }
    let barrierNs = try barrier.nanoseconds(over: group)
    try barrier.close()
    let logs = try PhaseLog(training.waitingSteps).gathered(by: group)
    try training.close()
    let exchange = RoundSample(logs.means(\.[.synchronisation]), roundLength: max(training.counted, 1))
    return ExchangeMeasurement(
      strategy: strategy, chosen: training.strategy, ranks: group.size, c: shape.dModel,
      parameters: shape.parameterCount, exchangeUs: exchange.median, interval: exchange.interval,
      updateUs: logs.typical(\.[.adam]), barrierNs: barrierNs)
  }
}

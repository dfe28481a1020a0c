import GPT
import MPI
import Values

/// Every strategy that is available on these ranks, with every engine that `auto` may take, timed on real steps of the run
/// that is to come, while all ranks compute.
public struct Tournament: Sendable {
  public struct Result: Sendable {
    public var strategy: SynchronisationStrategy
    public var engine: EngineKind
    /// Median over the steps of each step's slowest rank, in µs: all of the step, and, in steps that measure the wait,
    /// synchronisation and update.
    public var step, synchronisation: Double
  }

  /// The fastest first.
  public let results: [Result]

  private static let turns = Turns(seconds: 0, leastRounds: 8)

  /// Trains with each strategy in turn, and forgets what was learnt. Collective.
  ///
  /// - Parameters:
  ///   - settings: of the run; its strategy does not count.
  ///   - engines: nil for those between which the settings leave the choice.
  ///   - names: the training names, the same on every rank.
  /// - Throws: `MPIError`; `Stopped` on all ranks. What is wrong with the run itself shows when it starts.
  public init(_ settings: Settings, engines: [EngineOptions]? = nil, names: NameTable, world: Communicator) throws {
    // Most names come in the largest batches, at the end.
    var settings = settings
    settings.batchRamp = 0
    let players = try (engines ?? settings.engine.contenders).flatMap { engine in
      settings.engine = engine
      return try TimedTraining.ofEveryStrategy(settings, names: names, world: world)
    }
    try Self.turns.run(over: world) { for player in players { try player.turn() } }
    try StopSignal.check(over: world) { for player in players { try player.close() } }
    // The same on every rank, bit for bit: all choose by it.
    results = try players.map { player in
      Result(
        strategy: player.strategy, engine: player.settings.engine.resolvedKind(for: player.settings.shape),
        step: try player.sample().median,
        synchronisation: Sample(
          try player.slowest(
            player.waitingSteps.map { ($0.outcome.phases[.synchronisation] + $0.outcome.phases[.adam]) / 1000 })
        ).median)
    }.sorted { $0.step < $1.step }
    for player in players { try player.close() }
  }
}

extension TimedTraining {
  /// One for each strategy that is available on these ranks, in the order of the enumeration. Collective.
  ///
  /// - Parameter settings: their strategy does not count.
  public static func ofEveryStrategy(
    _ settings: Settings, names: NameTable, world: Communicator
  ) throws -> [TimedTraining] {
    try of(SynchronisationStrategy.allCases.filter { $0 != .auto }, settings, names: names, group: world)
  }

  /// One for each of some strategies that is available on these ranks, in their order. Collective.
  public static func of(
    _ strategies: [SynchronisationStrategy], _ settings: Settings, names: NameTable, group: Communicator?
  ) throws -> [TimedTraining] {
    try strategies.compactMap { strategy in
      var own = settings
      own.strategy = strategy
      do {
        return try TimedTraining(own, names: names, group: group)
      } catch is JobFailure {
        return nil  // on all ranks alike
      }
    }
  }
}

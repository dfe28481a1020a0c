import CSIMD
import GPT
import MPI

/// Every strategy that these ranks can have, timed on real steps of the run that is to come.
public struct Tournament: Sendable {
  public struct Result: Sendable {
    public var strategy: SynchronisationStrategy
    /// Median over the steps of each step's slowest rank, in µs: all of the step, and what of it was not spent in
    /// forward and backward pass or in waiting for the slowest rank to arrive.
    public var step, synchronisation: Double
  }

  /// The fastest first.
  public let results: [Result]

  /// Rounds in which all strategies take turns, so that a machine that changes its speed changes it for all.
  private static let rounds = 8
  private static let stepsPerRound = 12
  /// Of these the first are not counted: the other strategies have emptied the caches.
  private static let warmUp = 4

  /// Trains with each strategy in turn, and forgets what was learnt. Collective.
  ///
  /// - Parameters:
  ///   - settings: of the run; its strategy does not count.
  ///   - names: the training names, the same on every rank.
  /// - Throws: `MPIError`; `Stopped` on all ranks. What is wrong with the run itself shows when it starts.
  public init(_ settings: Settings, names: NameTable, world: Communicator) throws {
    var players: [Player] = []
    for strategy in SynchronisationStrategy.allCases where strategy != .auto {
      if let player = try Player(strategy, settings, names, world) { players.append(player) }
    }
    for round in 0..<Self.rounds {
      for player in players {
        for step in 0..<Self.stepsPerRound where !player.training.wasStopped {
          try player.run(round * Self.stepsPerRound + step, counts: step >= Self.warmUp)
        }
      }
    }
    try StopSignal.check(over: world) { for player in players { try player.training.close() } }
    var results: [Result] = []
    for player in players { results.append(try player.result(over: world)) }
    for player in players { try player.training.close() }
    self.results = results.sorted { $0.step < $1.step }
  }
}

/// One strategy, with a replica and an engine of its own.
private final class Player {
  let training: TrainingStep
  private let synchronisation: Synchronisation
  private let steps: Int
  private var times: [Double] = []
  private var synchronisationTimes: [Double] = []

  /// - Returns: nil for a strategy that cannot be had here.
  init?(
    _ strategy: SynchronisationStrategy, _ settings: Settings, _ names: NameTable, _ world: Communicator
  ) throws {
    var own = settings
    own.strategy = strategy
    steps = settings.steps
    do {
      synchronisation = try Synchronisation(own, world: world)
    } catch is JobFailure {
      return nil  // on all ranks alike
    }
    training = try TrainingStep(
      settings: own, names: names, rank: world.rank, ranks: world.size,
      synchronisation: synchronisation.implementation)
  }

  func run(_ step: Int, counts: Bool) throws {
    let start = csimd_nanoseconds()
    // The first steps of the run, over and over where it is shorter.
    let outcome = try training.run(step % steps, measuringWait: true)
    guard counts else { return }
    times.append(Double(csimd_nanoseconds() - start) / 1000)
    synchronisationTimes.append((outcome.phases[.synchronisation] + outcome.phases[.adam]) / 1000)
  }

  func result(over world: Communicator) throws -> Tournament.Result {
    func median(_ values: [Double]) throws -> Double {
      // The same on every rank, to the bit: all choose by it.
      let slowest = try world.allReduce(values, .max).sorted()
      return slowest[slowest.count / 2]
    }
    return Tournament.Result(
      strategy: synchronisation.strategy, step: try median(times), synchronisation: try median(synchronisationTimes))
  }
}

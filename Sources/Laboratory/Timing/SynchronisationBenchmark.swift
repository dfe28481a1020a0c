import CSIMD
import DataParallel
import GPT
import MPI

/// Times every strategy on real steps, beside one core alone and a bare all-reduce of the same size, all in turns: a
/// machine that changes its speed changes it for all of them.
public final class SynchronisationBenchmark {
  /// What one strategy came to. Times in µs, medians over steps of which each counts as its slowest rank's.
  public struct Result: Sendable {
    public var shape: Shape
    /// B
    public var batch: Int
    public var strategy: SynchronisationStrategy
    /// N
    public var ranks: Int
    /// Whole steps, nothing measured inside.
    public var step: Double
    /// Of steps with a barrier before the exchange: from the last rank's arrival to the step's end less the update, the
    /// wait until it arrives, and the update of the slowest rank. Where a rank waits for another's update, that is
    /// update and not synchronisation.
    public var synchronisation, wait, adam: Double
    /// Median of rank 0's steps without MPI while the other ranks do nothing.
    public var singleCoreStep: Double
    /// Rows that all ranks compute together, over those of one rank: what splitting loses in shared prefixes.
    public var workInflation: Double
    /// `MPI_Allreduce` of P floats by itself, behind a barrier.
    public var bareAllReduce: Double

    /// Single-core step / (N · step).
    public var efficiency: Double { singleCoreStep / (Double(ranks) * step) }
  }

  private let shape: Shape
  private let batch: Int
  private let world: Communicator
  private let alone: TrainingStep?
  private var players: [Player] = []
  private let message: AlignedBuffer<Float>
  private var step = 0
  private var aloneTimes: [Double] = []
  private var bareTimes: [Double] = []
  private var aloneRows = 0.0

  private static let steps = 16
  /// The first steps of a turn, not counted: others have emptied the caches.
  private static let warmUp = 4

  /// Collective.
  ///
  /// - Parameter names: training names, the same on every rank.
  /// - Throws: `SettingsError` for a batch that makes no sense.
  public init(_ what: StepBenchmark.Case, names: NameTable, world: Communicator) throws {
    shape = what.shape
    batch = what.batch
    self.world = world
    message = AlignedBuffer(zeros: what.shape.parameterCount)
    func settings(_ strategy: SynchronisationStrategy) throws -> Settings {
      try Settings(
        shape: what.shape, batch: what.batch, steps: 1 << 20, learningRate: 0.005, seed: 1, engine: what.engine,
        evaluate: false, strategy: strategy)
    }
    let own = try settings(.auto)
    alone =
      world.rank == 0
      ? try TrainingStep(
        settings: own, names: names, rank: 0, ranks: 1,
        synchronisation: SoloSynchronisation(parameterCount: what.shape.parameterCount)) : nil
    for strategy in SynchronisationStrategy.allCases where strategy != .auto {
      do {
        let settings = try settings(strategy)
        let synchronisation = try Synchronisation(settings, world: world)
        let training = try TrainingStep(
          settings: settings, names: names, rank: world.rank, ranks: world.size,
          synchronisation: synchronisation.implementation)
        players.append(Player(strategy: strategy, synchronisation: synchronisation, training: training))
      } catch is JobFailure {
        // Not to be had on these ranks, and all know.
      }
    }
  }

  /// One turn of everything. Collective.
  public func round() throws {
    let steps = step..<step + Self.steps
    step = steps.upperBound
    if let alone {
      for step in steps where !alone.wasStopped {
        let start = csimd_nanoseconds()
        _ = try alone.run(step, measuringWait: false)
        if step >= steps.lowerBound + Self.warmUp {
          aloneTimes.append(Double(csimd_nanoseconds() - start) / 1000)
          aloneRows += Double(alone.engine.work.rows)
        }
      }
    }
    for index in 0..<Self.steps {
      try world.barrier()
      let start = csimd_nanoseconds()
      try world.allReduce(inPlace: message.buffer)
      if index >= Self.warmUp { bareTimes.append(Double(csimd_nanoseconds() - start) / 1000) }
    }
    for player in players {
      try world.barrier()
      for step in steps where !player.training.wasStopped {
        try player.run(step, measured: false, counts: step >= steps.lowerBound + Self.warmUp)
      }
      for step in steps where !player.training.wasStopped {
        try player.run(step, measured: true, counts: step >= steps.lowerBound + Self.warmUp)
      }
    }
  }

  /// Collective.
  public func results() throws -> [Result] {
    let single = try world.broadcast(Sample(aloneTimes).median, root: 0)
    let singleRows = try world.broadcast(aloneRows, root: 0)
    let bare = try slowest(bareTimes)
    return try players.map { player in
      let adam = try slowest(player.adams)
      return Result(
        shape: shape, batch: batch, strategy: player.strategy, ranks: world.size, step: try slowest(player.steps),
        synchronisation: max(0, try slowest(player.costs) - adam), wait: try slowest(player.waits), adam: adam,
        singleCoreStep: single,
        workInflation: try world.allReduce(player.rows, .sum) / singleRows, bareAllReduce: bare)
    }
  }

  private func slowest(_ times: [Double]) throws -> Double { Sample(try world.allReduce(times, .max)).median }

  /// Gives memory back that ranks share. Collective.
  public func close() throws {
    for player in players { try player.training.close() }
  }

  /// One strategy, with a replica and an engine of its own.
  private final class Player {
    let strategy: SynchronisationStrategy
    private let synchronisation: Synchronisation
    let training: TrainingStep
    private(set) var steps: [Double] = []
    /// Synchronisation and Adam together.
    private(set) var costs: [Double] = []
    private(set) var waits: [Double] = []
    private(set) var adams: [Double] = []
    private(set) var rows = 0.0

    init(strategy: SynchronisationStrategy, synchronisation: Synchronisation, training: TrainingStep) {
      self.strategy = strategy
      self.synchronisation = synchronisation
      self.training = training
    }

    func run(_ step: Int, measured: Bool, counts: Bool) throws {
      let start = csimd_nanoseconds()
      let outcome = try training.run(step, measuringWait: measured)
      guard counts else { return }
      if measured {
        costs.append((outcome.phases[.synchronisation] + outcome.phases[.adam]) / 1000)
        waits.append(outcome.phases[.wait] / 1000)
        adams.append(outcome.phases[.adam] / 1000)
      } else {
        steps.append(Double(csimd_nanoseconds() - start) / 1000)
        rows += Double(training.engine.work.rows)
      }
    }
  }
}

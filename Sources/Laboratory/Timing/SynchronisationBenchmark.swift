import CSIMD
import DataParallel
import GPT
import MPI
import Values

/// Times every strategy on real steps, beside one core alone and a bare all-reduce of the same size, all in turns.
public final class SynchronisationBenchmark {
  /// What one strategy came to. Times in µs, medians over steps of which each counts as its slowest rank's.
  public struct Result: Sendable {
    public var shape: Shape
    /// B
    public var batch: Int
    public var engine: EngineKind
    public var strategy: SynchronisationStrategy
    /// Domains of a host's memory, and bytes that the first reads of the others per step; nil where there is one.
    public var traffic: (domains: Int, bytes: Int)?
    /// N
    public var ranks: Int
    /// Whole steps, nothing measured inside; and 95 % of the median.
    public var step: Sample
    public var interval: ClosedRange<Double>
    /// Of steps with a barrier before the exchange: from the last rank's arrival to the step's end less the update, the
    /// wait until it arrives, and the update of the slowest rank. Where a rank waits for another's update, that is
    /// update and not synchronisation.
    public var synchronisation, wait, adam: Double
    /// Median of rank 0's steps without MPI while the other ranks sleep.
    public var singleCoreStep: Double
    /// Rows that all ranks compute together, over those of one rank: what splitting loses in shared prefixes.
    public var workInflation: Double
    /// `MPI_Allreduce` of P floats by itself, after a barrier.
    public var bareAllReduce: Double
    /// A pass of the host's barrier, in ns.
    public var barrier: Double?

    /// Single-core step / (N · step).
    public var efficiency: Double { singleCoreStep / (Double(ranks) * step.median) }
  }

  private let world: Communicator
  private let alone: TimedTraining?
  private let players: [TimedTraining]
  private let message: AlignedBuffer<Float>
  private let barrier: BarrierTime
  private var bareTimes: [Double] = []

  /// All-reduces of a turn. The first are not counted: others have emptied the caches.
  private static let (reductions, warmUp) = (16, 4)

  /// Collective.
  ///
  /// - Parameters:
  ///   - names: training names, the same on every rank.
  ///   - domains: `shared` is also timed with so many, each.
  /// - Throws: `SettingsError` for a batch that makes no sense.
  public init(_ what: TimedCase, names: NameTable, domains: [Int], world: Communicator) throws {
    self.world = world
    message = AlignedBuffer(zeros: what.shape.parameterCount)
    let settings = try what.settings
    alone = world.rank == 0 ? try TimedTraining(settings, names: names) : nil
    barrier = try BarrierTime(world)
    let cut = try domains.flatMap { count in
      var own = settings
      own.domains = count
      return try TimedTraining.of([.shared], own, names: names, group: world)
    }
    players = try TimedTraining.ofEveryStrategy(settings, names: names, world: world) + cut
  }

  /// Collective; throws `Stopped` on all ranks.
  public func run(seconds: Double, progress: (Turns.Progress) -> Void) throws {
    try Turns(seconds: seconds).run(over: world, progress: progress, round: round)
    try StopSignal.check(over: world, end: close)
  }

  private func round() throws {
    try alone?.turn()
    try world.rest()
    for index in 0..<Self.reductions {
      try world.barrier()
      let start = csimd_nanoseconds()
      try world.allReduce(inPlace: message.buffer)
      if index >= Self.warmUp { bareTimes.append(Double(csimd_nanoseconds() - start) / 1000) }
    }
    try barrier.measure()
    for player in players { try player.turn() }
  }

  /// Collective.
  public func results() throws -> [Result] {
    let single = try world.broadcast(alone?.sample().median ?? 0, root: 0)
    let bare = Sample(try world.allReduce(bareTimes, .max)).median
    let barrier = try barrier.nanoseconds(over: world)
    return try players.map { player in
      func slowest(_ values: [Double]) throws -> Double { Sample(try player.slowest(values)).median }
      let phases = PhaseLog(player.waitingSteps)
      let rounds = try player.slowestRounds()
      let adam = try slowest(phases[.adam])
      let cost = try slowest(zip(phases[.synchronisation], phases[.adam]).map { $0 + $1 })
      return Result(
        shape: player.settings.shape, batch: player.settings.batch,
        engine: player.settings.engine.resolvedKind(for: player.settings.shape), strategy: player.strategy,
        traffic: player.traffic,
        ranks: world.size, step: rounds.all, interval: rounds.interval,
        synchronisation: max(0, cost - adam), wait: try slowest(phases[.wait]), adam: adam, singleCoreStep: single,
        workInflation: player.rows.workInflation, bareAllReduce: bare,
        barrier: barrier)
    }
  }

  /// Gives memory back that ranks share. Collective.
  public func close() throws {
    for player in players { try player.close() }
    try barrier.close()
  }
}

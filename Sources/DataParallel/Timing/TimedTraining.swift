import CHost
import CSIMD
import GPT
import MPI
import Values

/// Times the training steps of one case, on one core or on several ranks. All measurements use it, so that a number
/// that several commands print is the same number.
///
/// - A step is a run's step: it draws a fresh batch; batch selection, prefix tree, both passes, exchange and Adam are
///   inside.
/// - Cases take turns (`Turns`): a machine that changes its speed changes it for all of them.
/// - A turn takes about 10 ms and counts at most 60 steps. Other cases have emptied the caches since the last turn, so
///   it begins with up to 40 steps that do not count.
/// - Each strategy and number of ranks has batches of its own: one that another case has just run is about 1 % cheaper
///   than a fresh one at C = 16, for its names are in the cache, among other things.
/// - Several ranks then run as many steps with a barrier before the exchange, which tells the wait for the last rank
///   from the exchange itself.
/// - A step is as long as its slowest rank's. What counts is the median over the steps, with the deciles as its spread:
///   a step that loses its core to another process is in neither.
public final class TimedTraining {
  public let settings: Settings
  /// The ranks that train together; nil for one core, which never calls MPI.
  public let group: Communicator?
  public let training: TrainingStep
  /// Counted steps of which nothing was measured inside, and those that measured the wait. One core has no need of the
  /// latter.
  public private(set) var steps: [TimedStep] = []
  public private(set) var waitingSteps: [TimedStep] = []
  /// All steps so far, those that do not count among them.
  public private(set) var stepsRun = 0
  /// How many steps a turn counts; 0 before the first.
  public private(set) var counted = 0
  private let synchronisation: Synchronisation?
  private let stepsPerTime: Int
  private let allocations: () -> UInt64
  /// The next time's first step.
  private var next: Int

  private static let microsecondsPerTurn = 10_000.0
  private static let mostCounted = 60
  /// Steps between the first ones of two cases: twice as many as a turn has, and more.
  private static let stride = 1 << 10

  /// Collective over `group`.
  ///
  /// - Parameters:
  ///   - names: training names, the same on every rank.
  ///   - otherBatches: for the second of two cases that are alike in batch, strategy and number of ranks.
  ///   - engine: as `TrainingStep` takes one.
  ///   - stepsPerTime: how many steps are timed as one.
  ///   - allocations: a counter that is read before and after each step. It is a parameter because whoever links the
  ///     counter has its allocator.
  /// - Throws: `JobFailure` on all ranks where the strategy is not available.
  public init(
    _ settings: Settings, names: NameTable, group: Communicator? = nil, otherBatches: Bool = false,
    engine: (any Engine)? = nil, stepsPerTime: Int = 1, allocations: @escaping () -> UInt64 = { 0 }
  ) throws {
    (self.settings, self.group) = (settings, group)
    (self.stepsPerTime, self.allocations) = (stepsPerTime, allocations)
    let strategies = SynchronisationStrategy.allCases
    let strategy = strategies.firstIndex(of: settings.strategy) ?? 0
    next = group.map { ($0.size * strategies.count + strategy) * Self.stride } ?? 0
    if otherBatches { next += Self.stride / 2 }
    let chosen = engine == nil ? try FactorTrial.choosing(settings, names: names, group: group) : settings
    synchronisation = try group.map { try Synchronisation(chosen, world: $0) }
    training = try TrainingStep(
      settings: settings, names: names, rank: group?.rank ?? 0, ranks: group?.size ?? 1,
      synchronisation: synchronisation?.implementation ?? SoloSynchronisation(chosen),
      batches: synchronisation?.batches, engine: engine)
  }

  /// What was taken where the settings say `auto`; `auto` for one rank.
  public var strategy: SynchronisationStrategy { synchronisation?.strategy ?? .auto }

  /// As `Synchronisation` has it; nil for one core.
  public var traffic: (domains: Int, bytes: Int)? { synchronisation?.traffic }

  /// The parameters that this rank writes.
  public var ownParameters: [Range<Int>] {
    synchronisation?.implementation.replica?.ownSpans ?? [0..<settings.shape.parameterCount]
  }

  /// Rows of the counted steps.
  public var rows: RowCounts { steps.reduce(RowCounts()) { $0 + $1.outcome.rows } }

  /// Of each counted step, in µs, on this rank.
  public var times: [Double] { steps.map(\.microseconds) }

  /// One turn. Collective over `group`. Does nothing once the ranks have agreed to stop.
  public func turn() throws {
    if counted == 0 { try chooseTurn() }
    try group?.barrier()
    try warmUp(times: counted * 2 / 3)
    for _ in 0..<counted {
      if let step = try run(measuringWait: false) { steps.append(step) }
    }
    guard let group, group.size > 1 else { return }
    for _ in 0..<counted {
      if let step = try run(measuringWait: true) { waitingSteps.append(step) }
    }
  }

  /// Times that do not count. Collective over `group`.
  public func warmUp(times: Int) throws { for _ in 0..<times { _ = try run(measuringWait: false) } }

  /// What each value comes to on the rank where it is largest. Collective over `group`; the same on all.
  public func slowest(_ values: [Double]) throws -> [Double] { try group?.allReduce(values, .max) ?? values }

  /// A step's time in µs, each step as long as its slowest rank's. Collective over `group`; the same on all.
  public func sample() throws -> Sample { Sample(try slowest(times)) }

  /// Gives memory back that ranks share. Collective over `group`.
  public func close() throws { try training.close() }

  /// By the second of two steps, on rank 0's clock: the first one finds nothing in memory.
  private func chooseTurn() throws {
    try warmUp(times: 1)
    let expected = try run(measuringWait: false)?.microseconds ?? 1
    let own = min(max(Int(Self.microsecondsPerTurn / max(expected, 1)), 1), Self.mostCounted)
    counted = try group?.broadcast(own, root: 0) ?? own
  }

  /// Runs the steps that make one time.
  ///
  /// - Returns: nil where the ranks have agreed to stop before.
  private func run(measuringWait: Bool) throws -> TimedStep? {
    let switchesBefore = measuringWait ? chost_involuntary_switches() : 0
    let allocationsBefore = allocations()
    let start = csimd_nanoseconds()
    var outcome: TrainingStep.Outcome?
    let range = next..<next + stepsPerTime
    next = range.upperBound
    for step in range where !training.wasStopped {
      // A run's first steps over and over where it has fewer.
      outcome = try training.run(step % settings.steps, measuringWait: measuringWait)
      stepsRun += 1
    }
    let nanoseconds = csimd_nanoseconds() - start
    let allocated = allocations() - allocationsBefore
    return outcome.map {
      TimedStep(
        microseconds: Double(nanoseconds) / 1000, outcome: $0, work: training.work, allocations: allocated,
        switches: measuringWait ? chost_involuntary_switches() - switchesBefore : 0)
    }
  }
}

/// A counted step, or the steps that were timed as one: then the outcome and the work are the last one's.
public struct TimedStep: Sendable {
  /// On this rank.
  public var microseconds: Double
  public var outcome: TrainingStep.Outcome
  /// Of this rank.
  public var work: StepWork
  /// What the counter of allocations went up by.
  public var allocations: UInt64
  /// How often the system took the core away; counted in steps that measure the wait.
  public var switches: UInt64
}

import DataParallel
import GPT
import MPI
import Schemas
import Values

/// Steps of one width on one core, then on 1, 2, 4, … N ranks of the same job, all in turns: a machine that changes its
/// speed changes it for all of them. Ranks without a part in a turn sleep.
public final class ScalingExperiment {
  /// What is compared.
  public struct Plan: Sendable {
    public var shape: Shape
    /// B of a step in strong scaling, per rank in weak scaling.
    public var batches: [Int]
    public var modes: [ScalingMode]
    public var strategies: [SynchronisationStrategy]
    public var engine: EngineOptions
    /// Numbers of ranks, ascending, each at most those of the job.
    public var ranks: [Int]

    public init(
      shape: Shape, batches: [Int], modes: [ScalingMode], strategies: [SynchronisationStrategy], engine: EngineOptions,
      ranks: [Int]
    ) {
      (self.shape, self.batches, self.modes, self.strategies) = (shape, batches, modes, strategies)
      (self.engine, self.ranks) = (engine, ranks)
    }

    /// What `count` ranks are to run, in each mode and with each strategy.
    func cases(ranks count: Int) -> [(mode: ScalingMode, timed: TimedCase)] {
      batches.flatMap { batch in
        modes.flatMap { mode in strategies.map { (mode, timed(mode == .weak ? batch * count : batch, $0)) } }
      }
    }

    func timed(_ batch: Int, _ strategy: SynchronisationStrategy = .auto) -> TimedCase {
      TimedCase(shape: shape, batch: batch, engine: engine, strategy: strategy)
    }

    /// Memory of rank 0, which has most: one core's arrays for each batch, and its part of every number of ranks and
    /// strategy.
    ///
    /// - Parameter names: the training names.
    public func memoryNeed(names: NameTable) -> MemoryNeed {
      ranks.reduce(timed(batches[0]).memoryNeed(names: names, ranks: 1)) { need, count in
        cases(ranks: count).reduce(need) { need, own in
          let alone = own.timed.strategy == strategies[0] ? own.timed.memoryNeed(names: names, ranks: 1) : MemoryNeed()
          return need + alone + own.timed.memoryNeed(names: names, ranks: count)
        }
      }
    }
  }

  /// 1, 2, 4, … and N: what is measured unless one asks for other numbers, and what is predicted.
  public static func rankCounts(upTo ranks: Int) -> [Int] {
    var counts = [1]
    while let last = counts.last, last * 2 < ranks { counts.append(last * 2) }
    return ranks > 1 ? counts + [ranks] : counts
  }

  private let plan: Plan
  private let world: Communicator
  private let parts: [Part]
  /// On rank 0, one for each global batch.
  private let baselines: [TimedTraining]
  private let baselineEnergy: [TurnEnergy]
  private let energy: (() -> Double?)?
  private var peaks: [Double] = []
  /// Strategies that are not available, in one sentence each; on rank 0.
  public private(set) var notices: [String] = []

  /// Fewer rounds say nothing about their spread.
  private static let leastRounds = 8

  /// Collective.
  ///
  /// - Parameters:
  ///   - names: training names, the same on every rank.
  ///   - energy: on rank 0 a counter of the machine's energy that goes on, in joules, where one counts for all ranks.
  /// - Throws: `SettingsError` for a batch that makes no sense.
  public init(_ plan: Plan, names: NameTable, energy: (() -> Double?)? = nil, world: Communicator) throws {
    (self.plan, self.energy) = (plan, energy)
    self.world = world
    // The first batch on every rank's own, to run at the same time.
    let busy = try TimedTraining(plan.timed(plan.batches[0]).settings, names: names, otherBatches: true)
    let batches = Set(plan.ranks.flatMap { plan.cases(ranks: $0).map(\.timed.batch) } + plan.batches)
    baselines =
      world.rank == 0
      ? try batches.sorted().map { try TimedTraining(plan.timed($0).settings, names: names) } : []
    baselineEnergy = baselines.map { _ in TurnEnergy() }
    var notices: [String] = []
    parts = try plan.ranks.map { count in
      try Part(plan, ranks: count, busy: busy, names: names, world: world) { notice in
        if !notices.contains(notice) { notices.append(notice) }
      }
    }
    self.notices = notices
  }

  /// Rounds in which everything takes its turn. Collective; throws `Stopped` on all ranks.
  public func run(seconds: Double, progress: (Turns.Progress) -> Void) throws {
    try Turns(seconds: seconds, leastRounds: Self.leastRounds).run(over: world, progress: progress) {
      for (baseline, own) in zip(baselines, baselineEnergy) { try own.turn(baseline, energy) }
      if world.rank == 0 { peaks.append(Core.multiplyAddRate() * 1e-9) }
      try world.rest()
      for part in parts {
        try part.turn(energy)
        try world.rest()
      }
    }
    try StopSignal.check(over: world, end: close)
  }

  /// What was found, on rank 0; nothing elsewhere. Collective.
  public func results() throws -> (results: [ScalingResult], late: [LateRank], peaks: [Double]) {
    var results: [ScalingResult] = []
    var late: [LateRank] = []
    let hosts = try world.allGather(Environment.processorName)
    for part in parts {
      let busyStep = try part.busyStep()
      let barrierNs = try part.barrierNs()
      for contender in part.contenders {
        let record = try contender.record()
        guard let alone = baseline(contender.training.settings.batch), let first = baseline(plan.batches[0]) else {
          continue
        }
        var summary = ScalingSummary(
          record: record, baseline: alone, ranks: part.ranks,
          busyCoreSpeed: part.ranks == 1 ? 1 : Sample(first.times).median / busyStep, barrierNs: barrierNs)
        summary.singleCoreJoules = zip(baselines, baselineEnergy).first { $0.0 === alone }?.1.perMillionNames
        results.append(summary.result(of: contender))
        late += summary.lateRanks(of: contender, hosts: hosts)
      }
    }
    return (results, late, peaks)
  }

  private func baseline(_ batch: Int) -> TimedTraining? { baselines.first { $0.settings.batch == batch } }

  /// Gives memory back that ranks share. Collective.
  public func close() throws {
    for part in parts { try part.close() }
  }
}

/// The first n ranks and what they are to compare.
private final class Part {
  let ranks: Int
  private let owner: OwnedCommunicator
  private let takesPart: Bool
  /// Empty on ranks without a part.
  private(set) var contenders: [Contender] = []
  private let busy: TimedTraining
  private var busyTimes: [Double] = []
  /// Nil on ranks without a part, and for one rank.
  private var barrier: BarrierTime?

  init(
    _ plan: ScalingExperiment.Plan, ranks: Int, busy: TimedTraining, names: NameTable, world: Communicator,
    notice: (String) -> Void
  ) throws {
    self.ranks = ranks
    self.busy = busy
    takesPart = world.rank < ranks
    guard let owner = try world.split(color: takesPart ? 0 : 1) else { preconditionFailure("every rank has a color") }
    self.owner = owner
    guard takesPart else { return }
    barrier = ranks > 1 ? try BarrierTime(self.owner.communicator) : nil
    for (mode, timed) in plan.cases(ranks: ranks) {
      do {
        // One rank's weak scaling is its strong scaling.
        let training = try TimedTraining(
          timed.settings, names: names, group: self.owner.communicator, otherBatches: mode == .weak)
        contenders.append(Contender(mode: mode, training: training))
      } catch let failure as JobFailure {
        notice("\(ranks) ranks, \(failure.description)")
      }
    }
  }

  func turn(_ energy: TurnEnergy.Counter?) throws {
    guard takesPart else { return }
    if ranks > 1 {
      try owner.communicator.barrier()
      let before = busy.steps.count
      try busy.turn()
      busyTimes += busy.times[before...]
      try barrier?.measure()
    }
    for contender in contenders { try contender.energy.turn(contender.training, energy) }
  }

  /// Median over the first ranks of their median steps, in µs; 0 on the others.
  func busyStep() throws -> Double {
    takesPart ? Sample(try owner.communicator.allGather(Sample(busyTimes).median)).median : 0
  }

  /// The same on the ranks that take part; nil on the others.
  func barrierNs() throws -> Double? { try barrier?.nanoseconds(over: owner.communicator) }

  func close() throws {
    for contender in contenders { try contender.training.close() }
    try barrier?.close()
  }
}

/// One configuration on the ranks it is for.
struct Contender {
  let mode: ScalingMode
  let training: TimedTraining
  /// Of its turns, on rank 0.
  let energy = TurnEnergy()

  struct Record {
    /// Each step as long as its slowest rank's, in µs.
    var steps: RoundSample
    /// One for each rank.
    var phases: [PhaseLog]
    var workInflation: Double
  }

  /// What all of its turns came to. Collective over its ranks; complete on their rank 0.
  func record() throws -> Record {
    // One rank has nothing to wait for.
    let log = training.group?.size == 1 ? training.phases : PhaseLog(training.waitingSteps)
    return Record(
      steps: try training.slowestRounds(), phases: try training.group.map { try log.gathered(by: $0) } ?? [log],
      workInflation: training.rows.workInflation)
  }
}

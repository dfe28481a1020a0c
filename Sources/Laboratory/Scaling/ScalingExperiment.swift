import Schemas
import DataParallel
import GPT
import MPI

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
      self.shape = shape
      self.ranks = ranks
      self.batches = batches
      self.modes = modes
      self.strategies = strategies
      self.engine = engine
    }

    func settings(batch: Int, strategy: SynchronisationStrategy = .auto) throws -> Settings {
      try Settings(
        shape: shape, batch: batch, steps: 1 << 20, learningRate: 0.003, seed: 1, engine: engine, evaluate: false,
        strategy: strategy)
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
  /// On rank 0, by global batch.
  private var baselines: [Baseline] = []
  /// The first batch on every rank's own, to run at the same time.
  private var busy: Baseline
  private var round = 0
  private var peaks: [Double] = []
  /// Strategies that cannot be had, in one sentence each; on rank 0.
  public private(set) var notices: [String] = []

  private static let steps = 40
  private static let warmUp = 16
  private static var counted: Int { steps - warmUp }

  /// Collective.
  ///
  /// - Parameter names: training names, the same on every rank.
  /// - Throws: `SettingsError` for a batch that makes no sense.
  public init(_ plan: Plan, names: NameTable, world: Communicator) throws {
    self.plan = plan
    self.world = world
    let counts = plan.ranks
    busy = try Baseline(plan.settings(batch: plan.batches[0]), names: names)
    var batches: [Int] = []
    for batch in plan.batches { batches += counts.map { plan.modes.contains(.weak) ? batch * $0 : batch } }
    if plan.modes.contains(.strong) { batches += plan.batches }
    if world.rank == 0 {
      baselines = try Set(batches).sorted().map { try Baseline(plan.settings(batch: $0), names: names) }
    }
    var parts: [Part] = []
    var notices: [String] = []
    for count in counts {
      parts.append(
        try Part(plan, ranks: count, names: names, world: world) { notice in
          if !notices.contains(notice) { notices.append(notice) }
        })
    }
    self.parts = parts
    self.notices = notices
  }

  /// One turn of everything. Collective.
  public func runRound() throws {
    let range = round * Self.steps..<(round + 1) * Self.steps
    round += 1
    if world.rank == 0 {
      for baseline in baselines { try baseline.turn(range, warmUp: Self.warmUp) }
      peaks.append(Core.multiplyAddRate() * 1e-9)
    }
    try world.rest()
    for part in parts {
      try part.turn(range, warmUp: Self.warmUp, busy: busy)
      try world.rest()
    }
  }

  /// What was found, on rank 0; nothing elsewhere. Collective.
  public func results() throws -> (results: [ScalingResult], late: [LateRank], peaks: [Double]) {
    var results: [ScalingResult] = []
    var late: [LateRank] = []
    let hosts = try world.allGather(Environment.processorName)
    for part in parts {
      let busySteps = try part.busySteps()
      for contender in part.contenders {
        let record = try contender.record(roundLength: Self.counted)
        guard world.rank == 0, let alone = baselines.first(where: { $0.batch == contender.settings.batch }),
          let first = baselines.first(where: { $0.batch == plan.batches[0] })
        else { continue }
        let summary = ScalingSummary(
          record: record, baseline: alone, roundLength: Self.counted, ranks: part.ranks,
          busyCoreSpeed: part.ranks == 1 ? 1 : Sample(first.steps).median / Sample(busySteps).median)
        results.append(summary.result(of: contender))
        late += summary.lateRanks(of: contender, hosts: hosts)
      }
    }
    return (results, late, peaks)
  }

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
  private var busyTimes: [Double] = []

  init(
    _ plan: ScalingExperiment.Plan, ranks: Int, names: NameTable, world: Communicator, notice: (String) -> Void
  ) throws {
    self.ranks = ranks
    takesPart = world.rank < ranks
    guard let owner = try world.split(color: takesPart ? 0 : 1) else { preconditionFailure("every rank has a color") }
    self.owner = owner
    guard takesPart else { return }
    let group = self.owner.communicator
    for batch in plan.batches {
      for mode in plan.modes {
        for strategy in plan.strategies {
          let settings = try plan.settings(batch: mode == .weak ? batch * ranks : batch, strategy: strategy)
          do {
            contenders.append(try Contender(settings, mode: mode, names: names, group: group))
          } catch let failure as JobFailure {
            notice("\(ranks) ranks, \(failure.description)")
          }
        }
      }
    }
  }

  func turn(_ range: Range<Int>, warmUp: Int, busy: Baseline) throws {
    guard takesPart else { return }
    if ranks > 1 {
      try owner.communicator.barrier()
      let before = busy.steps.count
      try busy.turn(range, warmUp: warmUp)
      busyTimes += busy.steps[before...]
    }
    for contender in contenders { try contender.turn(range, warmUp: warmUp) }
  }

  /// Of all ranks, on the first.
  func busySteps() throws -> [Double] { takesPart ? try owner.communicator.allGather(busyTimes) : [] }

  func close() throws {
    for contender in contenders { try contender.close() }
  }
}

/// The results of `scaling`; times in µs.
public struct ScalingReport: FileFormat {
  public var formatVersion: Int? = newestFormat
  public var machine = Machine()
  public var results: [ScalingResult] = []
  public var cost: [ScalingCost] = []
  /// Ranks the others waited for.
  public var late: [LateRank] = []
  /// A model of a step's time, fitted to this machine, beside the measurements; empty where none was fitted.
  public var predictions: [Prediction] = []
  /// One sentence for each assumption of the predictions.
  public var assumptions: [String] = []
  /// What `report --ceiling` was given; nil elsewhere.
  public var ceiling: CeilingFile?

  public init() {}
}

/// Where something was measured.
public struct Machine: FileRecord {
  /// "Neoverse-V2", "Intel(R) Xeon(R) …"
  public var cpu = ""
  /// The instruction set the program was built for.
  public var isa = ""
  public var ranks = 0
  /// One for each rank.
  public var hosts: [String] = []
  /// CPUs that rank 0 may use.
  public var cores = 0
  /// Linux and its release.
  public var system = ""
  public var mpi = ""
  /// Of this program.
  public var version = ""
  /// The command line.
  public var command = ""
  /// ISO 8601, UTC.
  public var date = ""
  /// GFLOP/s of one core, and its inner 80 %, measured beside the steps.
  public var peakGflops = Double.nan
  public var peakGflopsLow = Double.nan
  public var peakGflopsHigh = Double.nan
  /// What was read of energy; nil where nothing was.
  public var energySource: String?
  /// `--watts` of a core; nil where nothing is assumed.
  public var assumedWatts: Double?
  /// The findings of `doctor`.
  public var warnings: [String] = []

  public init() {}
}

public enum ScalingMode: String, Codable, Sendable, CaseIterable {
  /// The global batch stays as it is.
  case strong
  /// Each rank's share of the batch stays as it is.
  case weak
}

/// One number of ranks under one strategy, beside one core with the same global batch.
public struct ScalingResult: FileRecord, OfCase {
  public var c = 0
  public var heads = 0
  /// B of one step, or per rank in weak scaling.
  public var batch = 0
  /// Names in a step of all ranks together.
  public var globalBatch = 0
  public var mode = ScalingMode.strong
  /// The strategy that was requested.
  public var strategy = ""
  /// The strategy that `auto` chose.
  public var chosen = ""
  public var ranks = 0
  /// Median, each step as long as its slowest rank's; its 95 % interval.
  public var usPerStep = Double.nan, ciLow = Double.nan, ciHigh = Double.nan
  /// Median of one core without MPI, the other ranks asleep; its 95 % interval.
  public var singleCoreUsPerStep = Double.nan, singleCoreCiLow = Double.nan, singleCoreCiHigh = Double.nan
  /// Single core's step / step.
  public var speedup = Double.nan
  /// Speed-up / ranks, and its 95 % interval from the rounds' own pairs.
  public var efficiency = Double.nan, efficiencyLow = Double.nan, efficiencyHigh = Double.nan
  public var samplesPerSecond = Double.nan
  /// Seconds of all ranks' cores, and how many times one core's for the same names; nil in older files.
  public var coreSecondsPerMillionNames: Double?, coreSecondsOverOneCore: Double?
  /// Energy of the host in the turns of these ranks, and in those of one core; nil where it was not measured.
  public var joulesPerMillionNames: Double?, singleCoreJoulesPerMillionNames: Double?
  /// Where the time went, in steps with a barrier before the exchange: medians of the ranks' mean.
  public var computeUs = Double.nan, waitUs = Double.nan, syncUs = Double.nan, adamUs = Double.nan
  /// The same steps along the rank that the others wait for: choosing the batch, the passes of the rank that comes last,
  /// the wait beyond them, the update of the rank that takes longest, the exchange beyond it. Means
  /// over the steps that are less than twice as long as the median; nil in older files.
  public var selectionUs: Double?, slowestPassesUs: Double?, barrierWaitUs: Double?
  public var slowestUpdateUs: Double?, otherSyncUs: Double?
  /// Rows at N / rows at 1: 1 or more. efficiency = computation scalability · load balance · communication efficiency /
  /// work inflation.
  public var workInflation = Double.nan
  public var computationScalability = Double.nan, loadBalance = Double.nan, communicationEfficiency = Double.nan
  /// One core's step alone / the same step on every one of these cores at once: clock, caches, memory.
  public var busyCoreSpeed = Double.nan
  /// A pass of the barrier between the ranks of a host, the slowest host's: the median. Nil where each is alone.
  public var barrierNs: Double?
  /// (1 / speed-up − 1 / N) / (1 − 1 / N); nil for one rank.
  public var karpFlatt: Double?
  /// Of the gradient that is reduced.
  public var gradientBytes = 0

  public init() {}

  /// Works out what follows from what is set: speed-up, efficiency, samples per second and the Karp–Flatt metric.
  public init(_ set: (inout ScalingResult) throws -> Void) rethrows {
    self.init()
    try set(&self)
    speedup = singleCoreUsPerStep / usPerStep
    efficiency = speedup / Double(ranks)
    samplesPerSecond = Double(globalBatch) / usPerStep * 1e6
    coreSecondsPerMillionNames = Double(ranks) * usPerStep / Double(globalBatch)
    coreSecondsOverOneCore = Double(ranks) * usPerStep / singleCoreUsPerStep
    let share = 1 / Double(ranks)
    karpFlatt = ranks > 1 ? (1 / speedup - share) / (1 - share) : nil
  }
}

/// The configuration that outperforms a single core (McSherry, Isard and Murray, "Scalability! But at what COST?",
/// HotOS 2015).
public struct ScalingCost: FileRecord, OfCase {
  public var c = 0
  public var batch = 0
  public var mode = ScalingMode.strong
  public var strategy = ""
  /// The fewest ranks, two or more, whose step is faster than one core's; nil where none was.
  public var cost: Int?
  /// The most ranks that were tried.
  public var upTo = 0

  public init() {}

  private enum CodingKeys: String, CodingKey { case c, batch, mode, strategy, cost, upTo }

  /// `cost` is written as null where it is nil.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(c, forKey: .c)
    try container.encode(batch, forKey: .batch)
    try container.encode(mode, forKey: .mode)
    try container.encode(strategy, forKey: .strategy)
    try container.encode(cost, forKey: .cost)
    try container.encode(upTo, forKey: .upTo)
  }
}

/// A rank the others waited for, and why.
public struct LateRank: FileRecord {
  public enum Cause: String, Codable, Sendable, CaseIterable {
    /// It had more rows than the others.
    case rows
    /// The system took its core away in that step: involuntary context switches.
    case lostCore = "lost core"
    case unexplained
  }

  public var c = 0
  public var globalBatch = 0
  public var strategy = ""
  public var ranks = 0
  public var rank = 0
  public var host = ""
  public var cause = Cause.unexplained
  /// Steps in which it was late for this cause, out of `ofSteps`.
  public var steps = 0, ofSteps = 0
  /// How long the others waited for it, over those steps.
  public var waitUs = Double.nan

  public init() {}
}

/// A predicted step, and the measured one where there is one.
public struct Prediction: FileRecord, OfCase {
  public var c = 0
  /// B as requested; per rank in weak scaling. In strong scaling a step of more ranks than that has one name per rank.
  public var batch = 0
  public var globalBatch = 0
  public var mode = ScalingMode.strong
  public var strategy = ""
  public var ranks = 0
  /// Steps that each host takes by itself between two exchanges of parameters; nil for gradients in every step.
  public var syncEvery: Int?
  public var usPerStep = Double.nan
  /// Of which wait for nobody but the network.
  public var communicationUs = Double.nan
  public var efficiency = Double.nan
  public var singleCoreUsPerStep = Double.nan
  public var measuredUsPerStep: Double?

  public init() {}
}

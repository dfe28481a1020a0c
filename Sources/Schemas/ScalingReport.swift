/// What `scaling` found, as its report files have it: field names in snake case, times in µs.
public struct ScalingReport: Codable, Sendable {
  public var machine: Machine
  public var results: [ScalingResult]
  public var cost: [ScalingCost]
  /// Ranks the others waited for.
  public var late: [LateRank]
  /// A model of the time a step takes, fitted to this machine, beside what was measured; empty where none was fitted.
  public var predictions: [Prediction]
  /// What the predictions take for granted, a sentence each.
  public var assumptions: [String]

  public init(
    machine: Machine, results: [ScalingResult], cost: [ScalingCost], late: [LateRank] = [],
    predictions: [Prediction] = [], assumptions: [String] = []
  ) {
    self.machine = machine
    self.results = results
    self.cost = cost
    self.late = late
    self.predictions = predictions
    self.assumptions = assumptions
  }
}

/// Where something was measured.
public struct Machine: Codable, Sendable {
  /// "Neoverse-V2", "Intel(R) Xeon(R) …"
  public var cpu: String
  /// What the program was built for.
  public var isa: String
  public var ranks: Int
  /// One for each rank.
  public var hosts: [String]
  /// CPUs that rank 0 may use.
  public var cores: Int
  /// Linux and its release.
  public var system: String
  public var mpi: String
  /// Of this program.
  public var version: String
  /// The command line.
  public var command: String
  /// ISO 8601, UTC.
  public var date: String
  /// GFLOP/s of one core, and its inner 80 %, measured beside the steps.
  public var peakGflops: Double
  public var peakGflopsLow: Double
  public var peakGflopsHigh: Double
  /// What `doctor` has to say.
  public var warnings: [String]

  public init(
    cpu: String, isa: String, ranks: Int, hosts: [String], cores: Int, system: String, mpi: String, version: String,
    command: String, date: String, peakGflops: Double = 0, peakGflopsLow: Double = 0, peakGflopsHigh: Double = 0,
    warnings: [String] = []
  ) {
    self.cpu = cpu
    self.isa = isa
    self.ranks = ranks
    self.hosts = hosts
    self.cores = cores
    self.system = system
    self.mpi = mpi
    self.version = version
    self.command = command
    self.date = date
    self.peakGflops = peakGflops
    self.peakGflopsLow = peakGflopsLow
    self.peakGflopsHigh = peakGflopsHigh
    self.warnings = warnings
  }
}

public enum ScalingMode: String, Codable, Sendable, CaseIterable {
  /// The global batch stays as it is.
  case strong
  /// Each rank's share of the batch stays as it is.
  case weak
}

/// One number of ranks under one strategy, beside one core with the same global batch.
public struct ScalingResult: Codable, Sendable {
  public var c: Int
  public var heads: Int
  /// B of one step, or per rank in weak scaling.
  public var batch: Int
  /// Names in a step of all ranks together.
  public var globalBatch: Int
  public var mode: ScalingMode
  /// As it was asked for.
  public var strategy: String
  /// What `auto` chose.
  public var chosen: String
  public var ranks: Int
  /// Median, each step as long as its slowest rank's; its 95 % interval.
  public var usPerStep, ciLow, ciHigh: Double
  /// Median of one core without MPI, the other ranks asleep; its 95 % interval.
  public var singleCoreUsPerStep, singleCoreCiLow, singleCoreCiHigh: Double
  /// Single core's step / step.
  public var speedup: Double
  /// Speed-up / ranks, and its 95 % interval from the rounds' own pairs.
  public var efficiency, efficiencyLow, efficiencyHigh: Double
  public var samplesPerSecond: Double
  /// Where the time went, in steps with a barrier before the exchange: medians of the ranks' mean.
  public var computeUs, waitUs, syncUs, adamUs: Double
  /// Rows at N / rows at 1: 1 or more. efficiency = computation scalability · load balance · communication efficiency /
  /// work inflation.
  public var workInflation: Double
  public var computationScalability, loadBalance, communicationEfficiency: Double
  /// One core's step alone / the same step on every one of these cores at once: clock, caches, memory.
  public var busyCoreSpeed: Double
  /// (1 / speed-up − 1 / N) / (1 − 1 / N); nil for one rank.
  public var karpFlatt: Double?
  /// Of the gradient that is reduced.
  public var gradientBytes: Int

  public init(
    c: Int, heads: Int, batch: Int, globalBatch: Int, mode: ScalingMode, strategy: String, chosen: String, ranks: Int,
    usPerStep: Double, ciLow: Double, ciHigh: Double, singleCoreUsPerStep: Double, singleCoreCiLow: Double,
    singleCoreCiHigh: Double, efficiencyLow: Double, efficiencyHigh: Double, computeUs: Double, waitUs: Double,
    syncUs: Double, adamUs: Double, workInflation: Double, computationScalability: Double, loadBalance: Double,
    communicationEfficiency: Double, busyCoreSpeed: Double, gradientBytes: Int
  ) {
    self.c = c
    self.heads = heads
    self.batch = batch
    self.globalBatch = globalBatch
    self.mode = mode
    self.strategy = strategy
    self.chosen = chosen
    self.ranks = ranks
    self.usPerStep = usPerStep
    self.ciLow = ciLow
    self.ciHigh = ciHigh
    self.singleCoreUsPerStep = singleCoreUsPerStep
    self.singleCoreCiLow = singleCoreCiLow
    self.singleCoreCiHigh = singleCoreCiHigh
    self.efficiencyLow = efficiencyLow
    self.efficiencyHigh = efficiencyHigh
    self.computeUs = computeUs
    self.waitUs = waitUs
    self.syncUs = syncUs
    self.adamUs = adamUs
    self.workInflation = workInflation
    self.computationScalability = computationScalability
    self.loadBalance = loadBalance
    self.communicationEfficiency = communicationEfficiency
    self.busyCoreSpeed = busyCoreSpeed
    self.gradientBytes = gradientBytes
    speedup = singleCoreUsPerStep / usPerStep
    efficiency = speedup / Double(ranks)
    samplesPerSecond = Double(globalBatch) / usPerStep * 1e6
    let share = 1 / Double(ranks)
    karpFlatt = ranks > 1 ? (1 / speedup - share) / (1 - share) : nil
  }
}

/// The configuration that outperforms a single core (McSherry, Isard and Murray, "Scalability! But at what COST?",
/// HotOS 2015).
public struct ScalingCost: Codable, Sendable {
  public var c: Int
  public var batch: Int
  public var mode: ScalingMode
  public var strategy: String
  /// The fewest ranks, two or more, whose step is faster than one core's; nil where none was.
  public var cost: Int?
  /// The most ranks that were tried.
  public var upTo: Int

  public init(c: Int, batch: Int, mode: ScalingMode, strategy: String, cost: Int?, upTo: Int) {
    self.c = c
    self.batch = batch
    self.mode = mode
    self.strategy = strategy
    self.cost = cost
    self.upTo = upTo
  }

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
public struct LateRank: Codable, Sendable {
  public enum Cause: String, Codable, Sendable, CaseIterable {
    /// It had more rows than the others.
    case rows
    /// The system took its core away in that step: involuntary context switches.
    case lostCore = "lost core"
    case unexplained
  }

  public var c: Int
  public var globalBatch: Int
  public var strategy: String
  public var ranks: Int
  public var rank: Int
  public var host: String
  public var cause: Cause
  /// Steps in which it was late for this cause, out of `ofSteps`.
  public var steps, ofSteps: Int
  /// How long the others waited for it, over those steps.
  public var waitUs: Double

  public init(
    c: Int, globalBatch: Int, strategy: String, ranks: Int, rank: Int, host: String, cause: Cause, steps: Int,
    ofSteps: Int, waitUs: Double
  ) {
    self.c = c
    self.globalBatch = globalBatch
    self.strategy = strategy
    self.ranks = ranks
    self.rank = rank
    self.host = host
    self.cause = cause
    self.steps = steps
    self.ofSteps = ofSteps
    self.waitUs = waitUs
  }
}

/// A predicted step, and the measured one where there is one.
public struct Prediction: Codable, Sendable {
  public var c: Int
  /// B that was asked for; per rank in weak scaling. In strong scaling a step of more ranks than that has a name a rank.
  public var batch: Int
  public var globalBatch: Int
  public var mode: ScalingMode
  public var strategy: String
  public var ranks: Int
  public var usPerStep: Double
  /// Of which wait for nobody but the network.
  public var communicationUs: Double
  public var efficiency: Double
  public var singleCoreUsPerStep: Double
  public var measuredUsPerStep: Double?

  public init(
    c: Int, batch: Int, globalBatch: Int, mode: ScalingMode, strategy: String, ranks: Int, usPerStep: Double,
    communicationUs: Double, efficiency: Double, singleCoreUsPerStep: Double = 0, measuredUsPerStep: Double? = nil
  ) {
    self.c = c
    self.batch = batch
    self.globalBatch = globalBatch
    self.mode = mode
    self.strategy = strategy
    self.ranks = ranks
    self.usPerStep = usPerStep
    self.communicationUs = communicationUs
    self.efficiency = efficiency
    self.singleCoreUsPerStep = singleCoreUsPerStep
    self.measuredUsPerStep = measuredUsPerStep
  }
}

import DataParallel
import Schemas
import Values

/// A contender beside one core: factors whose product is its efficiency, and its late ranks.
///
/// Computation is what one core would do as well: forward and backward pass, and an n-th of one core's batch selection
/// and update. A rank that selects or updates what another one does too is at ceremony.
///
/// Source: the multiplicative model of efficiency of the POP centre of excellence (Wagner et al., "A structured approach
/// to performance analysis", 2018), with rows in the place of instructions.
struct ScalingSummary {
  private let record: Contender.Record
  private let alone: RoundSample
  private let ranks: Int
  private let busyCoreSpeed: Double
  /// Medians over the steps, in µs: what a rank computes on the average, and what the one with the most does.
  private let meanComputation, largestComputation: Double

  init(record: Contender.Record, baseline: TimedTraining, ranks: Int, busyCoreSpeed: Double) {
    self.record = record
    self.ranks = ranks
    self.busyCoreSpeed = busyCoreSpeed
    alone = baseline.rounds
    let shared = (Sample(baseline.phases.selection).median + Sample(baseline.phases.adam).median) / Double(ranks)
    meanComputation = record.phases.typical(\.passes) + shared
    largestComputation = Sample(record.phases.perStep({ $0.passes[$1] }) { $0.max() ?? 0 }).median + shared
  }

  /// In steps that are not measured inside.
  private var step: Double { record.steps.median }

  struct Factors {
    var computationScalability, loadBalance, communicationEfficiency: Double
  }

  /// Their product over the work inflation is the efficiency.
  var factors: Factors {
    Factors(
      computationScalability: alone.median * record.workInflation / (Double(ranks) * meanComputation),
      loadBalance: meanComputation / largestComputation, communicationEfficiency: largestComputation / step)
  }

  func result(of contender: Contender) -> ScalingResult {
    let single = alone.median
    let factors = factors
    let interval = record.steps.interval
    let singleInterval = alone.interval
    let ratio = alone.ratioInterval(to: record.steps)
    let settings = contender.training.settings
    return ScalingResult(
      c: settings.shape.dModel, heads: settings.shape.heads,
      batch: contender.mode == .weak ? settings.batch / ranks : settings.batch, globalBatch: settings.batch,
      mode: contender.mode, strategy: settings.strategy.rawValue, chosen: contender.training.strategy.rawValue,
      ranks: ranks,
      usPerStep: step, ciLow: interval.lowerBound, ciHigh: interval.upperBound, singleCoreUsPerStep: single,
      singleCoreCiLow: singleInterval.lowerBound, singleCoreCiHigh: singleInterval.upperBound,
      efficiencyLow: ratio.lowerBound / Double(ranks), efficiencyHigh: ratio.upperBound / Double(ranks),
      computeUs: record.phases.typical(\.passes) + record.phases.typical(\.selection),
      waitUs: record.phases.typical(\.wait), syncUs: record.phases.typical(\.synchronisation),
      adamUs: record.phases.typical(\.adam), workInflation: record.workInflation,
      computationScalability: factors.computationScalability, loadBalance: factors.loadBalance,
      communicationEfficiency: factors.communicationEfficiency, busyCoreSpeed: busyCoreSpeed,
      gradientBytes: settings.shape.parameterCount * MemoryLayout<Float>.size)
  }

  /// Waits below this share of the steps' time are not told.
  private static let worthTelling = 0.005

  func lateRanks(of contender: Contender, hosts: [String]) -> [LateRank] {
    let settings = contender.training.settings
    return Lateness(record.phases).entries(above: Self.worthTelling * step).map { entry in
      LateRank(
        c: settings.shape.dModel, globalBatch: settings.batch,
        strategy: contender.training.strategy.rawValue, ranks: ranks, rank: entry.rank, host: hosts[entry.rank],
        cause: entry.cause, steps: entry.steps, ofSteps: record.phases.first?.count ?? 0, waitUs: entry.waited)
    }
  }
}

extension ScalingCost {
  /// One for each curve of `results`.
  public static func all(_ results: [ScalingResult]) -> [ScalingCost] {
    var costs: [ScalingCost] = []
    for result in results where !costs.contains(where: { $0.isOf(result) }) {
      let curve = results.filter { ScalingCost(of: $0).isOf(result) }
      let faster = curve.filter { $0.ranks > 1 && $0.usPerStep < $0.singleCoreUsPerStep }
      var cost = ScalingCost(of: result)
      cost.cost = faster.map(\.ranks).min()
      cost.upTo = curve.map(\.ranks).max() ?? 1
      costs.append(cost)
    }
    return costs
  }

  private init(of result: ScalingResult) {
    self.init(
      c: result.c, batch: result.batch, mode: result.mode, strategy: result.strategy, cost: nil, upTo: result.ranks)
  }

  private func isOf(_ result: ScalingResult) -> Bool {
    c == result.c && batch == result.batch && mode == result.mode && strategy == result.strategy
  }
}

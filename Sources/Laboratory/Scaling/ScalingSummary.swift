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
  private let barrierNs: Double?
  /// One core's, per million names; nil where it was not measured.
  var singleCoreJoules: Double?
  /// Medians over the steps, in µs: what a rank computes on the average, and what the one with the most does.
  private let meanComputation, largestComputation: Double

  init(record: Contender.Record, baseline: TimedTraining, ranks: Int, busyCoreSpeed: Double, barrierNs: Double? = nil) {
    self.record = record
    self.ranks = ranks
    self.busyCoreSpeed = busyCoreSpeed
    self.barrierNs = barrierNs
    alone = baseline.rounds
    let shared = (Sample(baseline.phases[.selection]).median + Sample(baseline.phases[.adam]).median) / Double(ranks)
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
    let factors = factors
    let parts = StepParts(record.phases)
    let interval = record.steps.interval
    let singleInterval = alone.interval
    let ratio = alone.ratioInterval(to: record.steps)
    let settings = contender.training.settings
    return ScalingResult {
      ($0.c, $0.heads) = (settings.shape.dModel, settings.shape.heads)
      $0.batch = contender.mode == .weak ? settings.batch / ranks : settings.batch
      ($0.globalBatch, $0.mode, $0.ranks) = (settings.batch, contender.mode, ranks)
      ($0.strategy, $0.chosen) = (settings.strategy.rawValue, contender.training.strategy.rawValue)
      ($0.usPerStep, $0.ciLow, $0.ciHigh) = (step, interval.lowerBound, interval.upperBound)
      $0.singleCoreUsPerStep = alone.median
      ($0.joulesPerMillionNames, $0.singleCoreJoulesPerMillionNames) = (
        contender.energy.perMillionNames, singleCoreJoules
      )
      ($0.singleCoreCiLow, $0.singleCoreCiHigh) = (singleInterval.lowerBound, singleInterval.upperBound)
      $0.efficiencyLow = ratio.lowerBound / Double(ranks)
      $0.efficiencyHigh = ratio.upperBound / Double(ranks)
      $0.computeUs = record.phases.typical(\.passes) + record.phases.typical(\.[.selection])
      $0.waitUs = record.phases.typical(\.[.wait])
      $0.syncUs = record.phases.typical(\.[.synchronisation])
      $0.adamUs = record.phases.typical(\.[.adam])
      ($0.selectionUs, $0.slowestPassesUs, $0.barrierWaitUs) = (parts.selection, parts.passes, parts.wait)
      ($0.otherSyncUs, $0.slowestUpdateUs) = (parts.synchronisation, parts.update)
      $0.workInflation = record.workInflation
      $0.computationScalability = factors.computationScalability
      $0.loadBalance = factors.loadBalance
      $0.communicationEfficiency = factors.communicationEfficiency
      $0.busyCoreSpeed = busyCoreSpeed
      $0.barrierNs = barrierNs
      $0.gradientBytes = settings.shape.parameterCount * MemoryLayout<Float>.size
    }
  }

  /// Waits below this share of the steps' time are not told.
  private static let worthTelling = 0.005

  func lateRanks(of contender: Contender, hosts: [String]) -> [LateRank] {
    Lateness(record.phases).entries(above: Self.worthTelling * step).map { entry in
      LateRank {
        ($0.c, $0.globalBatch) = (contender.training.settings.shape.dModel, contender.training.settings.batch)
        ($0.strategy, $0.ranks) = (contender.training.strategy.rawValue, ranks)
        ($0.rank, $0.host, $0.cause) = (entry.rank, hosts[entry.rank], entry.cause)
        ($0.steps, $0.ofSteps) = (entry.steps, record.phases.first?.count ?? 0)
        $0.waitUs = entry.waited
      }
    }
  }
}

extension ScalingCost {
  /// One for each curve of `results`.
  public static func all(_ results: [ScalingResult]) -> [ScalingCost] {
    var costs: [ScalingCost] = []
    for result in results where !costs.contains(where: { Case($0) == Case(result) && $0.strategy == result.strategy }) {
      let curve = results.filter { Case($0) == Case(result) && $0.strategy == result.strategy }
      let faster = curve.filter { $0.ranks > 1 && $0.usPerStep < $0.singleCoreUsPerStep }
      costs.append(
        ScalingCost {
          ($0.c, $0.batch, $0.mode, $0.strategy) = (result.c, result.batch, result.mode, result.strategy)
          $0.cost = faster.map(\.ranks).min()
          $0.upTo = curve.map(\.ranks).max() ?? 1
        })
    }
    return costs
  }
}

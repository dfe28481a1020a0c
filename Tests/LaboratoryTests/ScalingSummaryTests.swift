import DataParallel
import Dataset
import GPT
import Schemas
import TestSupport
import Testing
import Values

@testable import Laboratory

@Suite("Scaling results")
struct ScalingSummaryTests {
  private func result(ranks: Int, step: Double, single: Double, mode: ScalingMode = .strong) -> ScalingResult {
    ScalingResult {
      ($0.c, $0.batch, $0.globalBatch, $0.mode) = (16, 16, 16, mode)
      ($0.strategy, $0.chosen, $0.ranks) = ("auto", "shared", ranks)
      ($0.usPerStep, $0.singleCoreUsPerStep) = (step, single)
    }
  }

  @Test("speed-up, efficiency, Karp and Flatt's serial fraction")
  func derived() throws {
    let result = result(ranks: 4, step: 50, single: 100)
    #expect(result.speedup == 2 && result.efficiency == 0.5)
    #expect(result.samplesPerSecond == 16 / 50e-6)
    // (1/2 − 1/4) / (1 − 1/4)
    #expect(abs(try #require(result.karpFlatt) - 1.0 / 3) < 1e-12)
    #expect(self.result(ranks: 1, step: 50, single: 50).karpFlatt == nil)
  }

  @Test("COST: the fewest ranks that beat one core, of two or more; none where none does")
  func cost() {
    let slow = [1: 90.0, 2: 120, 4: 110].map { result(ranks: $0, step: $1, single: 100) }
    #expect(ScalingCost.all(slow).map(\.cost) == [nil])
    #expect(ScalingCost.all(slow).map(\.upTo) == [4])
    let fast = [1: 100.0, 2: 120, 4: 90, 8: 60].map { result(ranks: $0, step: $1, single: 100) }
    #expect(ScalingCost.all(fast).map(\.cost) == [4])
    let weak = fast + [result(ranks: 2, step: 90, single: 100, mode: .weak)]
    #expect(ScalingCost.all(weak).first { $0.mode == .weak }?.cost == 2)
    #expect(ScalingCost.all(weak).first { $0.mode == .strong }?.cost == 4)
  }

  @Test(
    "1, 2, 4, … and N",
    arguments: [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (8, [1, 2, 4, 8]), (12, [1, 2, 4, 8, 12])])
  func counts(ranks: Int, expected: [Int]) {
    #expect(ScalingExperiment.rankCounts(upTo: ranks) == expected)
  }

  @Test("the factors' product is the efficiency, whatever the times were")
  func product() throws {
    let names = try NameSet(path: PackagePaths.names).table
    let timed = TimedCase(shape: try Shape(dModel: 16, heads: 4), batch: 16, engine: EngineOptions())
    let baseline = try TimedTraining(timed.settings, names: names)
    try baseline.turn()
    var logs = [PhaseLog(), PhaseLog(), PhaseLog()]
    for step in 0..<10 {
      for rank in logs.indices {
        var phases = PhaseTimes()
        phases[.forward] = Double(10_000 + 700 * rank + 130 * step)
        phases[.wait] = Double(5000 - 700 * rank)
        logs[rank].add(phases, rows: 20 + rank, switches: 0)
      }
    }
    let record = Contender.Record(
      steps: RoundSample((0..<10).map { 20 + Double($0 % 4) }, roundLength: 5), phases: logs, workInflation: 1.07)
    let summary = ScalingSummary(record: record, baseline: baseline, ranks: 3, busyCoreSpeed: 0.9)
    let factors = summary.factors
    let product =
      factors.computationScalability * factors.loadBalance * factors.communicationEfficiency / record.workInflation
    let efficiency = Sample(baseline.times).median / (3 * record.steps.median)
    #expect(abs(product / efficiency - 1) < 1e-12)
    #expect(factors.loadBalance < 1 && factors.loadBalance > 0.8)
  }
}

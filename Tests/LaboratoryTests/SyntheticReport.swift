import Schemas
import Foundation
import Laboratory

/// Reports that nobody measured: numbers from a simple model of a step, for tests of how they are shown.
enum SyntheticReport {
  static let strategies = ["allreduce", "sharded", "shared", "hierarchical", "overlap"]

  /// As on a small machine: N = 2, two strategies.
  static func small() -> ScalingReport { report(ranks: [2], widths: [16, 64], strategies: ["allreduce", "shared"]) }

  /// Everything at once: up to 16 ranks, four widths, five strategies, predictions to a million ranks.
  static func large() -> ScalingReport {
    var report = report(ranks: [1, 2, 4, 8, 16], widths: [16, 32, 64, 128], strategies: strategies)
    let many = [1, 2, 4, 8, 16, 64, 256, 1024, 4096, 16384, 65536, 262_144, 1_000_000]
    for c in [16, 64] {
      for strategy in ["allreduce", "shared"] {
        for ranks in many { report.predictions.append(prediction(c, strategy, ranks: ranks)) }
      }
    }
    report.machine.warnings = ["the CPU quota pays for 12.5 of 16 CPUs", "governor is powersave, not performance"]
    report.late = [
      LateRank(
        c: 64, globalBatch: 16, strategy: "shared", ranks: 2, rank: 1, host: "nodeA", cause: .lostCore, steps: 12,
        ofSteps: 400, waitUs: 3100),
      LateRank(
        c: 64, globalBatch: 16, strategy: "shared", ranks: 2, rank: 0, host: "nodeA", cause: .rows, steps: 210,
        ofSteps: 400, waitUs: 812),
      LateRank(
        c: 16, globalBatch: 16, strategy: "allreduce", ranks: 16, rank: 7, host: "nodeB", cause: .unexplained, steps: 1,
        ofSteps: 1400, waitUs: 2_310_000),
    ]
    return report
  }

  /// A job of one rank.
  static func alone() -> ScalingReport { report(ranks: [1], widths: [64], strategies: ["auto"]) }

  /// Both modes, each at two widths.
  static func bothModes() -> ScalingReport {
    var both = report(ranks: [1, 2, 4], widths: [16, 64], strategies: ["allreduce", "auto"])
    let weak = report(ranks: [1, 2, 4], widths: [16, 64], strategies: ["allreduce", "auto"], mode: .weak)
    both.results += weak.results
    both.cost += weak.cost
    return both
  }

  static func machine(ranks: Int) -> Machine {
    Machine(
      cpu: "Synthetic(R) CPU, numbers nobody measured", isa: "AVX-512", ranks: ranks,
      hosts: (0..<ranks).map { $0 < 8 ? "nodeA" : "nodeB" }, cores: 8, system: "Linux 6.1.0", mpi: "Open MPI v4.1.4",
      version: "0.1.0", command: "mpirun -np \(ranks) ddp-train scaling --report folder", date: "2000-01-01T00:00:00Z",
      peakGflops: 124, peakGflopsLow: 112, peakGflopsHigh: 131)
  }

  private static func report(
    ranks: [Int], widths: [Int], strategies: [String], mode: ScalingMode = .strong
  ) -> ScalingReport {
    var results: [ScalingResult] = []
    var cost: [ScalingCost] = []
    for c in widths {
      for strategy in strategies {
        let own = ranks.map { result(c, strategy, ranks: $0, mode: mode) }
        results += own
        let first = own.first { $0.ranks > 1 && $0.speedup > 1 }
        cost.append(
          ScalingCost(
            c: c, batch: 16, mode: mode, strategy: strategy, cost: first?.ranks, upTo: ranks.last ?? 1))
      }
    }
    results.sort { ($0.c, $0.ranks) < ($1.c, $1.ranks) }
    return ScalingReport(machine: machine(ranks: ranks.last ?? 1), results: results, cost: cost)
  }

  /// µs of one core's step, of a reduction and of Adam, all roughly as the square of the width.
  private static func step(_ c: Int, _ strategy: String, ranks: Int) -> (compute: Double, sync: Double, adam: Double) {
    let size = Double(c * c) / 4096
    let n = Double(ranks)
    let compute = (20 + 250 * size) / n * (1 + 0.03 * (n - 1) / n)
    guard ranks > 1 else { return (compute, 0, 40 * size + 2) }
    let stages = log2(n)
    switch strategy {
    case "allreduce": return (compute, 4 * stages + 70 * size, 40 * size + 2)
    case "sharded": return (compute, 5 * stages + 80 * size, 40 * size / n + 2)
    case "shared", "auto": return (compute, 0.8 * stages, 48 * size / n + 2)
    case "hierarchical": return (compute, 1.6 * stages + 14 * size, 40 * size / n + 2)
    default: return (compute * 1.15, 9 * stages + 45 * size, 40 * size + 2)
    }
  }

  private static func result(_ c: Int, _ strategy: String, ranks: Int, mode: ScalingMode) -> ScalingResult {
    let growth = mode == .weak ? Double(ranks) : 1
    let parts = step(c, strategy, ranks: ranks)
    let compute = parts.compute * growth
    let wait = ranks > 1 ? 0.09 * compute + 0.7 * Double(ranks) : 0
    let total = compute + wait + parts.sync + parts.adam
    let alone = step(c, strategy, ranks: 1)
    let one = alone.compute * growth + alone.adam
    let efficiency = one / total / Double(ranks)
    let spread = 0.02 + 0.01 * log2(Double(ranks))
    return ScalingResult(
      c: c, heads: 4, batch: 16, globalBatch: 16 * Int(growth), mode: mode, strategy: strategy,
      chosen: strategy == "auto" ? "shared" : strategy, ranks: ranks, usPerStep: total, ciLow: total * (1 - spread),
      ciHigh: total * (1 + spread), singleCoreUsPerStep: one, singleCoreCiLow: one * 0.985,
      singleCoreCiHigh: one * 1.01, efficiencyLow: efficiency * (1 - spread), efficiencyHigh: efficiency * (1 + spread),
      computeUs: compute, waitUs: wait, syncUs: parts.sync, adamUs: parts.adam,
      workInflation: 1 + 0.016 * log2(Double(ranks)), computationScalability: 0.97,
      loadBalance: compute / (compute + wait),
      communicationEfficiency: (compute + wait) / total, busyCoreSpeed: 0.93, gradientBytes: 53_632 * c * c / 1024)
  }

  private static func prediction(_ c: Int, _ strategy: String, ranks: Int) -> Prediction {
    let parts = step(c, strategy, ranks: ranks)
    let total = parts.compute * 1.05 + parts.sync + parts.adam
    let alone = step(c, strategy, ranks: 1)
    let measured = result(c, strategy, ranks: ranks, mode: .strong).usPerStep
    return Prediction(
      c: c, batch: 16, globalBatch: max(16, ranks), mode: .strong, strategy: strategy, ranks: ranks, usPerStep: total,
      communicationUs: parts.sync, efficiency: (alone.compute + alone.adam) / total / Double(ranks),
      measuredUsPerStep: ranks <= 16 ? measured : nil)
  }
}

import Foundation
import Laboratory
import Schemas

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
      LateRank {
        ($0.c, $0.globalBatch, $0.strategy, $0.ranks) = (64, 16, "shared", 2)
        ($0.rank, $0.host, $0.cause, $0.steps, $0.ofSteps, $0.waitUs) = (1, "nodeA", .lostCore, 12, 400, 3100)
      },
      LateRank {
        ($0.c, $0.globalBatch, $0.strategy, $0.ranks) = (64, 16, "shared", 2)
        ($0.rank, $0.host, $0.cause, $0.steps, $0.ofSteps, $0.waitUs) = (0, "nodeA", .rows, 210, 400, 812)
      },
      LateRank {
        ($0.c, $0.globalBatch, $0.strategy, $0.ranks) = (16, 16, "allreduce", 16)
        ($0.rank, $0.host, $0.cause, $0.steps, $0.ofSteps, $0.waitUs) = (7, "nodeB", .unexplained, 1, 1400, 2_310_000)
      },
    ]
    return report
  }

  /// The large one beside ceilings for two of its widths, of which one has predictions.
  static func withCeilings() -> ScalingReport {
    var report = large()
    report.results.removeAll { ![16, 32].contains($0.c) }
    report.ceiling = CeilingFile { file in
      (file.isa, file.assumptions) = ("AVX-512", ["a ceiling takes something for granted"])
      file.ceiling = report.results.filter { $0.strategy == "shared" }.map { result in
        CeilingResult {
          ($0.c, $0.heads, $0.batch, $0.globalBatch) = (result.c, result.heads, result.batch, result.globalBatch)
          ($0.ranks, $0.singleCoreUs) = (result.ranks, 0.9 * result.singleCoreUsPerStep)
          ($0.selectionUs, $0.computeMaxUs, $0.updateMaxUs) = (1, 0.9 * result.computeUs, 0.9 * result.adamUs)
          $0.speedupCeiling = $0.singleCoreUs / ($0.selectionUs + $0.computeMaxUs + $0.updateMaxUs)
          ($0.flopBound, $0.expectedSpeedup) = (1.05 * $0.speedupCeiling, 0.95 * $0.speedupCeiling)
        }
      }
    }
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
    Machine {
      ($0.cpu, $0.isa, $0.cores) = ("Synthetic(R) CPU, numbers nobody measured", "AVX-512", 8)
      $0.ranks = ranks
      $0.hosts = (0..<ranks).map { $0 < 8 ? "nodeA" : "nodeB" }
      ($0.system, $0.mpi, $0.version) = ("Linux 6.1.0", "Open MPI v4.1.4", "0.1.0")
      ($0.command, $0.date) = ("mpirun -np \(ranks) ddp-train scaling --report folder", "2000-01-01T00:00:00Z")
      ($0.peakGflops, $0.peakGflopsLow, $0.peakGflopsHigh) = (124, 112, 131)
    }
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
          ScalingCost {
            ($0.c, $0.batch, $0.mode, $0.strategy) = (c, 16, mode, strategy)
            ($0.cost, $0.upTo) = (first?.ranks, ranks.last ?? 1)
          })
      }
    }
    results.sort { ($0.c, $0.ranks) < ($1.c, $1.ranks) }
    return ScalingReport { ($0.machine, $0.results, $0.cost) = (machine(ranks: ranks.last ?? 1), results, cost) }
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
    return ScalingResult {
      ($0.c, $0.heads, $0.batch, $0.globalBatch, $0.mode) = (c, 4, 16, 16 * Int(growth), mode)
      ($0.strategy, $0.chosen, $0.ranks) = (strategy, strategy == "auto" ? "shared" : strategy, ranks)
      ($0.usPerStep, $0.ciLow, $0.ciHigh) = (total, total * (1 - spread), total * (1 + spread))
      ($0.singleCoreUsPerStep, $0.singleCoreCiLow, $0.singleCoreCiHigh) = (one, one * 0.985, one * 1.01)
      ($0.efficiencyLow, $0.efficiencyHigh) = (efficiency * (1 - spread), efficiency * (1 + spread))
      ($0.computeUs, $0.waitUs, $0.syncUs, $0.adamUs) = (compute, wait, parts.sync, parts.adam)
      ($0.selectionUs, $0.slowestPassesUs, $0.barrierWaitUs) = (2, compute, 0.3 * wait)
      ($0.slowestUpdateUs, $0.otherSyncUs) = (parts.adam, parts.sync)
      ($0.workInflation, $0.computationScalability) = (1 + 0.016 * log2(Double(ranks)), 0.97)
      ($0.loadBalance, $0.communicationEfficiency) = (compute / (compute + wait), (compute + wait) / total)
      $0.barrierNs = ranks > 1 ? 254 : nil
      ($0.joulesPerMillionNames, $0.singleCoreJoulesPerMillionNames) = (7 * Double(ranks), 6)
      ($0.busyCoreSpeed, $0.gradientBytes) = (0.93, 53_632 * c * c / 1024)
    }
  }

  private static func prediction(_ c: Int, _ strategy: String, ranks: Int) -> Prediction {
    let parts = step(c, strategy, ranks: ranks)
    let total = parts.compute * 1.05 + parts.sync + parts.adam
    let alone = step(c, strategy, ranks: 1)
    let measured = result(c, strategy, ranks: ranks, mode: .strong).usPerStep
    return Prediction {
      ($0.c, $0.batch, $0.globalBatch, $0.mode) = (c, 16, max(16, ranks), .strong)
      ($0.strategy, $0.ranks, $0.usPerStep, $0.communicationUs) = (strategy, ranks, total, parts.sync)
      $0.efficiency = (alone.compute + alone.adam) / total / Double(ranks)
      $0.measuredUsPerStep = ranks <= 16 ? measured : nil
    }
  }
}

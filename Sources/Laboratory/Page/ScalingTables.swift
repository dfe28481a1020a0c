import Schemas
import Values

/// A scaling report as text for the terminal.
public enum ScalingTables {
  /// - Returns: lines of at most about 120 characters.
  public static func text(_ report: ScalingReport) -> String {
    var lines = machine(report.machine)
    let findings = Sentences.findings(report)
    if !findings.isEmpty { lines += [""] + findings.flatMap { wrapped($0) } }
    if !report.hasSeveralRanks { lines += ["", oneRankOnly] }
    for what in report.cases { lines += [""] + table(of: what, in: report) }
    lines += late(report.late)
    lines += predictions(report.predictions)
    if report.hasSeveralRanks { lines += [""] + legend }
    return lines.joined(separator: "\n")
  }

  static let oneRankOnly =
    "one rank only: there is no speed-up to report; start it with mpirun -np 2 or more"

  private static func machine(_ machine: Machine) -> [String] {
    let peak = machine.peak.map { ", peak \($0)" } ?? ""
    return ["\(machine.inShort)\(peak)"] + machine.warnings.map { "warning: \($0)" }
  }

  private static func table(of what: Case, in report: ScalingReport) -> [String] {
    let results = report.results(of: what)
    let bytes = results.first.map { ", gradient \(grouped($0.gradientBytes)) bytes" } ?? ""
    var lines = ["\(what.title), \(what.mode.rawValue) scaling\(bytes)", ""] + times(results).lines
    let parallel = results.filter { $0.ranks > 1 }
    if !parallel.isEmpty { lines += [""] + splits(parallel).lines }
    let costs = report.cost.filter { Case($0) == what }
    let width = costs.map(\.strategy.count).max() ?? 0
    if !costs.isEmpty { lines += [""] + costs.map { "  \($0.strategy.padded(to: width))  \(Sentences.cost($0))" } }
    return lines
  }

  private static func times(_ results: [ScalingResult]) -> TextTable {
    var table = TextTable([
      ("N", .right), ("strategy", .left), ("µs/step", .right), ("(95 %)", .left), ("one core", .right),
      ("(95 %)", .left), ("speed-up", .right), ("efficiency", .right), ("(95 %)", .left), ("samples/s", .right),
      ("Karp–Flatt", .right),
    ])
    for result in results {
      table.add([
        "\(result.ranks)", result.strategyWithChoice, significant(result.usPerStep),
        interval(result.ciLow, result.ciHigh, significant), significant(result.singleCoreUsPerStep),
        interval(result.singleCoreCiLow, result.singleCoreCiHigh, significant), fixed(result.speedup, 2),
        fixed(result.efficiency, 2), interval(result.efficiencyLow, result.efficiencyHigh) { fixed($0, 2) },
        fixed(result.samplesPerSecond, 0), result.karpFlatt.map { fixed($0, 2) } ?? "–",
      ])
    }
    return table
  }

  private static func splits(_ results: [ScalingResult]) -> TextTable {
    var table = TextTable([
      ("N", .right), ("strategy", .left), ("compute", .right), ("wait", .right), ("communication", .right),
      ("Adam", .right), ("× computation", .right), ("× balance", .right), ("× communication", .right),
      ("÷ work", .right),
      ("busy cores", .right),
    ])
    for result in results {
      table.add([
        "\(result.ranks)", result.strategyWithChoice, significant(result.computeUs), significant(result.waitUs),
        significant(result.syncUs), significant(result.adamUs), fixed(result.computationScalability, 2),
        fixed(result.loadBalance, 2), fixed(result.communicationEfficiency, 2), fixed(result.workInflation, 3),
        fixed(result.busyCoreSpeed, 2),
      ])
    }
    return table
  }

  /// Rank by rank over everything that was run. Where it was is in the page and the JSON.
  private static func late(_ late: [LateRank]) -> [String] {
    let latecomers = late.distinct { Latecomer(rank: $0.rank, cause: $0.cause) }
    let all = latecomers.map { latecomer in
      let own = late.filter { $0.rank == latecomer.rank && $0.cause == latecomer.cause }
      var sum = own[0]
      sum.steps = own.reduce(0) { $0 + $1.steps }
      sum.ofSteps = own.reduce(0) { $0 + $1.ofSteps }
      sum.waitUs = own.reduce(0) { $0 + $1.waitUs }
      return sum
    }
    return all.isEmpty ? [] : [""] + all.sorted { $0.waitUs > $1.waitUs }.map { Sentences.late($0) }
  }

  private struct Latecomer: Hashable {
    var rank: Int
    var cause: LateRank.Cause
  }

  private static func predictions(_ predictions: [Prediction]) -> [String] {
    // The page has those beyond.
    let measured = predictions.filter { $0.measuredUsPerStep != nil }
    guard !measured.isEmpty else { return [] }
    var table = TextTable([
      ("C", .right), ("names", .right), ("strategy", .left), ("N", .right), ("predicted µs/step", .right),
      ("of it communication", .right), ("efficiency", .right), ("measured µs/step", .right), ("error", .right),
    ])
    for prediction in measured {
      table.add([
        "\(prediction.c)", grouped(prediction.globalBatch), prediction.strategy, grouped(prediction.ranks),
        significant(prediction.usPerStep), significant(prediction.communicationUs), smallShare(prediction.efficiency),
        prediction.measuredUsPerStep.map(significant) ?? "–", prediction.error.map(percent) ?? "–",
      ])
    }
    return ["", "predicted", ""] + table.lines
  }

  private static func interval(_ low: Double, _ high: Double, _ format: (Double) -> String) -> String {
    "(\(format(low))–\(format(high)))"
  }

  /// At spaces, to lines of at most 110 characters; all but the first indented.
  private static func wrapped(_ sentence: String) -> [String] {
    var lines: [String] = []
    for word in sentence.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= 110 {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append((lines.isEmpty ? "" : "  ") + word)
      }
    }
    return lines
  }

  private static let legend = [
    "µs/step: median; each step is as long as its slowest rank's. One core: the same global batch on one core without",
    "MPI. Speed-up = one core / µs per step; efficiency = speed-up / N = computation × balance × communication / work.",
    "Second table: a step's µs, means over the ranks; then the factors. Computation: one core's computing / all ranks',",
    "for as much work; balance: mean / most computing; communication: most computing / step; work: rows of all ranks /",
    "one rank's. Busy cores: one core's speed while all of these compute, over its speed alone. Karp–Flatt: the serial",
    "share that would explain the speed-up. COST: the fewest ranks that outperform one core.",
  ]
}

extension Prediction {
  /// Predicted / measured − 1.
  var error: Double? {
    guard let measuredUsPerStep, measuredUsPerStep > 0 else { return nil }
    return usPerStep / measuredUsPerStep - 1
  }
}

/// "+4 %", "−12 %"
func percent(_ share: Double) -> String {
  guard share.isFinite else { return "?" }
  return (share < 0 ? "−" : "+") + fixed(abs(share) * 100, 0) + " %"
}

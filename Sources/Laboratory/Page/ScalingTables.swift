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
    let title = "\(what.title), \(what.mode.rawValue) scaling\(bytes)"
    let parallel = results.filter { $0.ranks > 1 }
    let costs = report.cost.filter { Case($0) == what }
    return [
      [title], Table.times(results).lines(indent: 2),
      parallel.isEmpty ? [] : Table.factors(parallel, onPage: false).lines(indent: 2),
      parallel.isEmpty ? [] : Table.names(parallel, watts: report.machine.assumedWatts).lines(indent: 2),
      Table(costs, [.words { $0.strategy }, .words { Sentences.cost($0) }]).lines(indent: 2),
    ].filter { !$0.isEmpty }.joined(separator: [""]).map { $0 }
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
    return ["", "predicted", ""] + Table.predictions(measured, onPage: false).lines(indent: 2)
  }

  /// At spaces, to lines of at most 110 characters; all but the first indented.
  static func wrapped(_ sentence: String) -> [String] {
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
    "one rank's. Busy cores: one core's speed while all of these compute, over its speed alone. Barrier: a pass of the one",
    "between the ranks of a host, which tells near caches from far ones. Karp–Flatt: the serial share that would explain",
    "the speed-up. Third table: seconds of all ranks' cores for a million names, what one core needs, and the ratio: what",
    "more cores cost. COST: the fewest ranks that outperform one core.",
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

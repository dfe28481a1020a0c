import Schemas
import Values

/// A report in words, for the terminal and the page alike.
enum Sentences {
  /// One for each case: whether more ranks outperform one core.
  static func findings(_ report: ScalingReport) -> [String] {
    report.cases.compactMap { finding($0, report.results(of: $0)) }
  }

  private static func finding(_ what: Case, _ results: [ScalingResult]) -> String? {
    let parallel = results.filter { $0.ranks > 1 && $0.speedup.isFinite }
    guard let best = parallel.max(by: { $0.speedup < $1.speedup }) else { return nil }
    let ranks = "\(plural(best.ranks, "rank")) (\(best.strategyWithChoice))"
    let factor = "\(fixed(best.speedup, 2)) × one core"
    let interval = "95 % interval \(fixed(best.speedupLow, 2))–\(fixed(best.speedupHigh, 2))"
    let times = "\(significant(best.usPerStep)) µs a step against \(significant(best.singleCoreUsPerStep)) µs"
    let verdict =
      if best.speedupLow > 1 {
        "\(ranks) are \(factor) (\(interval)), \(times)"
      } else if best.speedupHigh >= 1 {
        "no clear difference: the best, \(ranks), are \(factor) (\(interval)), \(times)"
      } else {
        "one core is faster than any number of ranks up to \(results.map(\.ranks).max() ?? 1): the best, "
          + "\(ranks), are \(factor) (\(interval)), \(times)"
      }
    let reference = parallel.first { $0.ranks == best.ranks && $0.strategy == "allreduce" }
    let beside =
      best.strategy == "allreduce" ? "" : reference.map { "; allreduce: \(fixed($0.speedup, 2)) ×" } ?? ""
    return "\(what.title): \(verdict)\(beside)."
  }

  /// "COST: 2 ranks", "COST: none up to 4"
  static func cost(_ cost: ScalingCost) -> String {
    "COST: " + (cost.cost.map { plural($0, "rank") } ?? "none up to \(cost.upTo)")
  }

  static func late(_ late: LateRank) -> String {
    "rank \(late.rank) on \(late.host) was late in \(grouped(late.steps)) of \(plural(late.ofSteps, "step")) "
      + "\(cause(late.cause)): the others waited \(duration(late.waitUs)) in all"
  }

  static func cause(_ cause: LateRank.Cause) -> String {
    switch cause {
    case .rows: "because it had more rows"
    case .lostCore: "because it lost its core"
    case .unexplained: "for no reason that is known"
    }
  }

  /// Which run `late` belongs to.
  static func place(_ late: LateRank) -> String {
    "C = \(late.c), \(late.globalBatch) names a step, \(late.strategy), \(plural(late.ranks, "rank"))"
  }

}

/// "12.3 µs", "12.3 ms", "12.3 s"
///
/// - Parameter microseconds: in µs.
func duration(_ microseconds: Double) -> String {
  switch microseconds {
  case ..<1000: "\(significant(microseconds)) µs"
  case ..<1e6: "\(significant(microseconds / 1000)) ms"
  default: "\(significant(microseconds / 1e6)) s"
  }
}

extension Machine {
  /// The machine's name beside a figure: "Intel Xeon 8581C, 2 ranks on 1 host, AVX-512".
  var inShort: String {
    "\(withoutMarks(cpu)), \(plural(ranks, "rank")) on \(plural(Set(hosts).count, "host")), \(isa)"
  }

  /// "nodeA (2 ranks), nodeB (2 ranks)"
  var ranksOnHosts: String {
    hosts.distinct { $0 }.map { host in "\(host) (\(plural(hosts.count { $0 == host }, "rank")))" }
      .joined(separator: ", ")
  }

  /// "124 GFLOP/s a core (112–131)"; nil where it was not measured.
  var peak: String? {
    guard peakGflops > 0 else { return nil }
    return "\(significant(peakGflops)) GFLOP/s a core "
      + "(\(significant(peakGflopsLow))–\(significant(peakGflopsHigh)))"
  }
}

/// A CPU's name without "(R)" and "(TM)", on one line.
func withoutMarks(_ cpu: String) -> String {
  let words = ["(R)", "(TM)", "(r)", "(tm)"].reduce(cpu) { $0.replacing($1, with: "") }
  return words.split(whereSeparator: \.isWhitespace).joined(separator: " ")
}

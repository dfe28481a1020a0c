import Values

/// The limits of a scaling report.
enum ReportLimits {
  private static let fields = FieldLimits(
    counts: [
      "format_version": OptionRange("format_version", 1...newestFormat), "c": Ranges.dModel, "heads": Ranges.heads,
      "batch": Ranges.batch, "global_batch": OptionRange("names", 1...1 << 44), "ranks": Ranges.ranks,
      "cost": Ranges.ranks, "up_to": Ranges.ranks, "rank": OptionRange("rank", 0...1 << 24),
      "cores": OptionRange("cores", 0...1 << 24), "gradient_bytes": OptionRange("bytes", 1...1 << 40),
      "steps": OptionRange("steps", 0...1 << 50), "of_steps": OptionRange("steps", 0...1 << 50),
    ],
    // A serial share is negative where ranks are faster than their number.
    signed: ["karp_flatt"])
  private static let mostEntries = 100_000
  static let mostResults = 10_000
  /// Each has three figures of its own.
  static let mostCases = 500

  /// - Throws: `ReportError.notAReport`, which names the first key whose value cannot be.
  static func check(_ report: ScalingReport) throws {
    // Before more memory is taken.
    try FieldLimits.check([
      ("machine.hosts", report.machine.hosts.count, Ranges.ranks.range.upperBound),
      ("machine.warnings", report.machine.warnings.count, mostEntries), ("results", report.results.count, mostResults),
      ("cost", report.cost.count, mostEntries), ("late", report.late.count, mostEntries),
      ("predictions", report.predictions.count, mostEntries), ("assumptions", report.assumptions.count, mostEntries),
    ])
    guard !report.results.isEmpty else { throw ReportError.notAReport("results is empty") }
    try fields.check(report)
    try checkCases(report)
  }

  private struct Measured: Hashable {
    var what: Case
    var strategy: String
    var ranks: Int
  }

  private static func checkCases(_ report: ScalingReport) throws {
    guard Set(report.results.map { Case($0) }).count + Set(report.predictions.map { Case($0) }).count <= mostCases
    else {
      throw ReportError.notAReport("its results and predictions have more than \(mostCases) cases")
    }
    var seen: Set<Measured> = []
    for (index, result) in report.results.enumerated() {
      let point = Measured(what: Case(result), strategy: result.strategy, ranks: result.ranks)
      guard seen.insert(point).inserted else {
        throw ReportError.notAReport("results[\(index)] is of the same case, strategy and ranks as an earlier one")
      }
    }
  }
}

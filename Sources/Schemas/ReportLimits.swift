import Values

/// The limits of a scaling report.
enum ReportLimits {
  private static let fields = FieldLimits(
    counts: [
      "format_version": OptionRange("format_version", 1...newestFormat), "c": Ranges.dModel, "heads": Ranges.heads,
      "batch": Ranges.batch, "global_batch": OptionRange("names", 1...1 << 44), "ranks": Ranges.ranks,
      "core": OptionRange("core", 0...1 << 24), "cost": Ranges.ranks, "up_to": Ranges.ranks,
      "rank": OptionRange("rank", 0...1 << 24),
      "cores": OptionRange("cores", 0...1 << 24), "cpus": OptionRange("cpus", 0...1 << 24),
      "gradient_bytes": OptionRange("bytes", 1...1 << 40),
      "barrier_transfers": OptionRange("transfers", 0...1 << 50), "barrier_depth": OptionRange("lines", 0...1 << 24),
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
    if let ceiling = report.ceiling {
      try check(ceiling)
      try checkFit(of: ceiling, to: report)
    }
    try fields.check(report)
    try checkCases(report)
  }

  /// - Throws: the same, of what `ceiling` has written.
  static func check(_ file: CeilingFile) throws {
    try FieldLimits.check([
      ("ceiling", file.ceiling.count, mostResults), ("assumptions", file.assumptions.count, mostEntries),
    ])
    guard !file.ceiling.isEmpty else { throw ReportError.notAReport("ceiling is empty") }
    try fields.check(file)
    var seen: Set<CeilingCase> = []
    for (index, result) in file.ceiling.enumerated() where !seen.insert(CeilingCase(result)).inserted {
      throw ReportError.notAReport("ceiling[\(index)] is of the same case and ranks as an earlier one")
    }
  }

  /// - Throws: `ReportError.doesNotFit` where the one says nothing about the other.
  private static func checkFit(of ceiling: CeilingFile, to report: ScalingReport) throws {
    let machine = report.machine
    guard ceiling.isa == machine.isa else {
      throw ReportError.doesNotFit(
        "the ceiling's program was built for \(printable(ceiling.isa)), that of the results for \(printable(machine.isa))"
      )
    }
    if let cpu = ceiling.cpu, cpu != machine.cpu {
      throw ReportError.doesNotFit(
        "the ceiling was measured on \(printable(cpu)), the results on \(printable(machine.cpu))")
    }
    guard report.besideCeilings.isEmpty else { return }
    func cases(_ rows: [some OfCase]) -> String {
      let titles = rows.distinct { Case($0) }.prefix(4).map { "C = \($0.c), B = \($0.batch), \($0.mode.rawValue)" }
      return titles.isEmpty ? "nothing on several ranks" : titles.joined(separator: "; ")
    }
    throw ReportError.doesNotFit(
      "no case has both a ceiling and a result on as many ranks: the ceiling is of "
        + "\(cases(ceiling.ceiling.filter { $0.ranks > 1 })), the results are of "
        + "\(cases(report.results.filter { $0.ranks > 1 }))")
  }

  private static func checkCases(_ report: ScalingReport) throws {
    guard Set(report.results.map { Case($0) }).count + Set(report.predictions.map { Case($0) }).count <= mostCases
    else {
      throw ReportError.notAReport("its results and predictions have more than \(mostCases) cases")
    }
    var seen: Set<Configuration> = []
    for (index, result) in report.results.enumerated() where !seen.insert(Configuration(result)).inserted {
      throw ReportError.notAReport("results[\(index)] is of the same case, strategy and ranks as an earlier one")
    }
  }
}

import Values

/// The limits of a scaling report's numbers and texts, since a file of that form may come from anybody.
enum ReportLimits {
  /// The range of each whole number, by its key.
  private static let counts: [String: OptionRange<Int>] = [
    "format_version": OptionRange("format_version", 1...newestFormat), "c": Ranges.dModel, "heads": Ranges.heads,
    "batch": Ranges.batch, "global_batch": OptionRange("names", 1...1 << 44), "ranks": Ranges.ranks,
    "cost": Ranges.ranks, "up_to": Ranges.ranks, "rank": OptionRange("rank", 0...1 << 24),
    "cores": OptionRange("cores", 0...1 << 24), "gradient_bytes": OptionRange("bytes", 1...1 << 40),
    "steps": OptionRange("steps", 0...1 << 50), "of_steps": OptionRange("steps", 0...1 << 50),
  ]
  /// The largest time, rate or share. Each may also be NaN, where nothing could be measured.
  private static let largest = 1e15
  /// A serial share is negative where ranks are faster than their number.
  private static let signed: Set = ["karp_flatt"]
  private static let longestText = 1 << 16
  private static let mostEntries = 100_000
  static let mostResults = 10_000
  /// Each has three figures of its own.
  static let mostCases = 500

  /// - Throws: `ReportError.notAReport`, which names the first key whose value cannot be.
  static func check(_ report: ScalingReport) throws {
    // Before more memory is taken.
    let lists = [
      ("machine.hosts", report.machine.hosts.count, Ranges.ranks.range.upperBound),
      ("machine.warnings", report.machine.warnings.count, mostEntries), ("results", report.results.count, mostResults),
      ("cost", report.cost.count, mostEntries), ("late", report.late.count, mostEntries),
      ("predictions", report.predictions.count, mostEntries), ("assumptions", report.assumptions.count, mostEntries),
    ]
    for (place, count, most) in lists where count > most {
      throw ReportError.notAReport("\(place) has more than \(most) entries")
    }
    guard !report.results.isEmpty else { throw ReportError.notAReport("results is empty") }
    try check(JSONTree(report), key: "", at: "")
    try checkCases(report)
  }

  private static func check(_ value: JSONTree, key: String, at place: String) throws {
    switch value {
    case .null, .truth: break
    case .count(let count):
      guard let range = counts[key] else { throw ReportError.notAReport("\(place) has no range") }
      guard range.range.contains(count) else {
        throw ReportError.notAReport("\(place) is \(count), and must be from \(range.span)")
      }
    case .number(let number):
      let size = signed.contains(key) ? abs(number) : number
      guard size.isNaN || size == .infinity || (0...largest).contains(size) else {
        throw ReportError.notAReport("\(place) is \(number), and must be from 0 to \(largest)")
      }
    case .text(let text):
      guard text.utf8.count <= longestText else {
        throw ReportError.notAReport("\(place) is longer than \(longestText) bytes")
      }
    case .list(let values):
      for (index, value) in values.enumerated() { try check(value, key: key, at: "\(place)[\(index)]") }
    case .object(let fields):
      for field in fields {
        try check(field.value, key: field.key, at: place.isEmpty ? field.key : "\(place).\(field.key)")
      }
    }
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

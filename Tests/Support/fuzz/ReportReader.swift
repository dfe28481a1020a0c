import Foundation
import Schemas

extension Reader {
  /// What `report --ceiling` reads.
  static func ceiling() throws -> Reader {
    let file = CeilingFile { file in
      (file.isa, file.cpu, file.core, file.assumptions) = ("AVX2", "a CPU", 0, ["none"])
      file.ceiling = [1, 2].map { ranks in
        CeilingResult {
          ($0.c, $0.heads, $0.batch, $0.globalBatch, $0.ranks, $0.steps) = (16, 4, 8, 8, ranks, 10)
          ($0.singleCoreUs, $0.transferUs) = (21.5, 1.5)
        }
      }
    }
    return Reader(
      name: "ceiling", seeds: [[UInt8](try SchemaJSON.encode(file))], words: reportWords, longest: 1 << 17,
      make: changed,
      readBytes: { try examine(CeilingFile(json: Data($0))) },
      readFile: { try examine(CeilingFile(json: try Data(contentsOf: URL(fileURLWithPath: $0)))) },
      kind: reportKind)
  }

  private static func examine(_ file: CeilingFile) throws {
    try require(!file.ceiling.isEmpty, "no ceilings")
    for row in file.ceiling {
      for value in [row.c, row.heads, row.batch, row.globalBatch, row.ranks] {
        try require(1...(1 << 50) ~= value, "a ceiling's number of \(value)")
      }
      for value in [row.singleCoreUs, row.selectionUs, row.speedupCeiling, row.flopBound, row.transferUs ?? 0] {
        try require(!(value < 0) && (value <= 1e15 || !value.isFinite), "a ceiling's time of \(value)")
      }
    }
    _ = try SchemaJSON.encode(file)
  }

  /// - Parameter json: a report of `scaling`.
  static func report(_ json: [UInt8]) -> Reader {
    Reader(
      name: "report", seeds: [json], words: reportWords, longest: 1 << 17, make: changed,
      readBytes: { try examine(ScalingReport(json: Data($0))) },
      readFile: { try examine(ScalingReport(json: try Data(contentsOf: URL(fileURLWithPath: $0)))) },
      kind: reportKind)
  }

  static func reportKind(_ error: any Error) -> String? { (error as? ReportError).map { outline($0.description) } }

  static let reportWords =
    [
      "{", "}", "[", "]", ":", ",", "null", "true", "\"nan\"", "\"inf\"", "\"-inf\"", "1e999", "-1", "0", "1e308",
      "-0.0",
      "9223372036854775807", "9223372036854775808", "16777217", "1.5", "\"\\u0000\"", "\"\\ud800\"", "\"strong\"",
      "\"weak\"", "\"lost core\"",
    ].map { Array($0.utf8) } + [[0xFF], [0], [0xED, 0xA0, 0x80]]

  /// Other values for some of the numbers and texts, or an array or nesting that explodes.
  static func changed(_ json: [UInt8], _ random: inout Random) -> [UInt8] {
    let lines = json.split(separator: UInt8(ascii: "\n")).map { Array($0) }
    var changed = lines
    for _ in 0..<random.size(upTo: 8) {
      let place = random.below(changed.count)
      guard let colon = changed[place].firstIndex(of: UInt8(ascii: ":")) else {
        if random.once(in: 4) { changed.insert(random.pick(lines), at: place) }
        continue
      }
      let comma: [UInt8] = changed[place].last == UInt8(ascii: ",") ? [UInt8(ascii: ",")] : []
      changed[place].removeSubrange((colon + 1)...)
      switch random.below(16) {
      case 0:
        let opening = random.pick(["[", "{\"a\":", "[{\"c\":"])
        changed[place] += Array(String(repeating: opening, count: random.size(upTo: 4096)).utf8)
      case 1:
        changed[place] += [UInt8](repeating: UInt8(ascii: "9"), count: random.size(upTo: 4096)) + comma
      case 2:
        changed[place] += Array("\"\(String(repeating: "x", count: random.size(upTo: 100_000)))\"".utf8) + comma
      default: changed[place] += random.pick(reportWords) + comma
      }
    }
    return Array(changed.joined(separator: [UInt8(ascii: "\n")]))
  }

  /// What is accepted can be shown: judged here anew.
  static func examine(_ report: ScalingReport) throws {
    try require(!report.results.isEmpty, "no results")
    func count(_ name: String, _ value: Int, _ least: Int = 1) throws {
      try require(least...(1 << 50) ~= value, "\(name) of \(value)")
    }
    func number(_ name: String, _ value: Double) throws {
      try require(!(value < 0) && (value <= 1e15 || !value.isFinite), "\(name) of \(value)")
    }
    try count("machine's ranks", report.machine.ranks)
    try count("cores", report.machine.cores, 0)
    for result in report.results {
      for value in [result.c, result.heads, result.batch, result.globalBatch, result.ranks, result.gradientBytes] {
        try count("a result's number", value)
      }
      for value in [
        result.usPerStep, result.ciLow, result.ciHigh, result.singleCoreUsPerStep, result.efficiency, result.speedup,
        result.samplesPerSecond, result.computeUs, result.waitUs, result.syncUs, result.adamUs, result.workInflation,
      ] { try number("a result's time", value) }
    }
    for prediction in report.predictions {
      for value in [prediction.c, prediction.batch, prediction.globalBatch, prediction.ranks] {
        try count("a prediction's number", value)
      }
      try number("a prediction's time", prediction.usPerStep)
      try number("a measured time", prediction.measuredUsPerStep ?? 0)
    }
    for cost in report.cost {
      try count("a cost's ranks", cost.upTo)
      try count("a cost", cost.cost ?? 1)
    }
    for late in report.late {
      try count("a late rank", late.rank, 0)
      try count("late steps", late.steps, 0)
      try number("a wait", late.waitUs)
    }
    _ = try SchemaJSON.encode(report)
  }
}

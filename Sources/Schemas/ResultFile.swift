import Foundation
import Values

/// What `--json` of a command that measures wrote, and which command it was.
public struct ResultFile: Sendable {
  /// The command, as one types it.
  public enum Kind: String, CaseIterable, Sendable {
    case bench
    case strategies = "bench --sync"
    case transports = "bench --sync --transports"
    case generation = "bench --generate"
    case ceiling, ladder, scaling, predict, sweep, race
  }

  public let kind: Kind
  /// The whole file.
  public let tree: JSONTree

  /// Reads a file that may come from anybody.
  ///
  /// - Throws: `ReportError.notAReport`, which names the field.
  public init(json: Data) throws {
    kind = try Self.kind(of: SchemaJSON.decode(json))
    switch kind {
    case .bench: tree = try Self.checked(json, BenchFile.self) { [("results", $0.results.count)] }
    case .strategies: tree = try Self.checked(json, SynchronisationFile.self) { [("results", $0.results.count)] }
    case .transports: tree = try Self.checked(json, TransportsFile.self) { [("transports", $0.transports.count)] }
    case .generation: tree = try Self.checked(json, GenerationFile.self) { [("generation", $0.generation.count)] }
    case .ladder: tree = try Self.checked(json, LadderFile.self) { [("rungs", $0.rungs.count)] }
    case .predict:
      tree = try Self.checked(json, PredictionFile.self) {
        [
          ("compute", $0.compute.count), ("prices", $0.prices.count), ("exchanges", $0.exchanges.count),
          ("checks", $0.checks.count), ("predictions", $0.predictions.count), ("assumptions", $0.assumptions.count),
        ]
      }
    case .ceiling: tree = try JSONTree(CeilingFile(json: json))
    case .scaling: tree = try JSONTree(ScalingReport(json: json))
    case .sweep: tree = try JSONTree(SweepFile(json: json))
    case .race: tree = try JSONTree(RaceFile(json: json))
    }
  }

  private static func checked<File: FileFormat>(
    _ json: Data, _: File.Type, rows: (File) -> [(key: String, count: Int)]
  ) throws -> JSONTree {
    let file: File = try SchemaJSON.decode(json)
    try ResultLimits.check(file, rows: rows(file))
    return try JSONTree(file)
  }

  /// Keys that tell the files apart; only those of sweep and race say what they are.
  private struct Marks: FileRecord {
    var kind: String?
    var machine, results, peakGflops, rungs, generation, transports, exchanges, ceiling, trials: Mark?
  }

  /// Whatever a key may have.
  private struct Mark: Codable, Sendable {
    init(from decoder: any Decoder) {}
    func encode(to encoder: any Encoder) {}
  }

  private static func kind(of marks: Marks) throws -> Kind {
    switch marks.kind {
    case nil: break
    case "sweep": return .sweep
    case "race": return .race
    case let other?: throw ReportError.notAReport("kind is \(printable(other)), which no command measures")
    }
    if marks.results != nil {
      return marks.machine != nil ? .scaling : marks.peakGflops != nil ? .bench : .strategies
    }
    if marks.rungs != nil { return .ladder }
    if marks.generation != nil { return .generation }
    if marks.transports != nil { return .transports }
    if marks.exchanges != nil { return .predict }
    if marks.ceiling != nil { return .ceiling }
    // Of releases that did not write the kind.
    if marks.trials != nil { return .sweep }
    throw ReportError.notAReport("it has none of the lists that --json of a measuring command writes")
  }
}

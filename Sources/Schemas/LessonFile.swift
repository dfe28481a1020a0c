import Foundation
import Values

/// The results of `lesson`: those of the commands it ran, each as that command writes them.
public struct LessonFile: FileFormat {
  public var formatVersion: Int? = newestFormat
  /// What the file is, for whoever makes a page of it.
  public var kind: String? = "lesson"
  public var origin: Origin?
  /// The instruction set the program was built for.
  public var isa = ""
  /// N of the jobs of several ranks; 1 where there is one core.
  public var ranks = 0
  /// Whether it was measured in about a minute, and not in five.
  public var quick = false
  /// What was run, in order.
  public var parts: [LessonPart] = []
  /// Nil where a part was not run, or failed.
  public var bench: BenchFile?, ladder: LadderFile?, strategies: SynchronisationFile?, scaling: ScalingReport?
  public var ceiling: CeilingFile?, race: RaceFile?

  public init() {}
}

/// A command that was run for the lesson.
public struct LessonPart: FileRecord {
  /// The key of its results: "bench", "ladder", "strategies", "scaling", "ceiling", "race".
  public var part = ""
  /// As one types it.
  public var command = ""
  /// What it was to take, and what it took.
  public var budgetSeconds = Double.nan, seconds = Double.nan
  /// Why there are no results of it, in words; nil where there are.
  public var problem: String?

  public init() {}
}

extension LessonFile {
  private static let mostParts = 100

  /// Reads a lesson that may come from anybody.
  ///
  /// - Throws: `ReportError.notAReport`, which names the field.
  public init(json: Data) throws {
    guard try FileKind(json: json).kind == "lesson" else {
      throw ReportError.notAReport("it is not what lesson has written: kind is not lesson")
    }
    self = try SchemaJSON.decode(json)
    try FieldLimits.check([("parts", parts.count, Self.mostParts)])
    try ResultLimits.check(Head(self), rows: [])
    if let bench { try ResultLimits.check(bench, rows: [("bench.results", bench.results.count)]) }
    if let ladder { try ResultLimits.check(ladder, rows: [("ladder.rungs", ladder.rungs.count)]) }
    if let strategies { try ResultLimits.check(strategies, rows: [("strategies.results", strategies.results.count)]) }
    if let scaling { try ReportLimits.check(scaling) }
    if let ceiling { try ReportLimits.check(ceiling) }
    if let race { try RaceLimits.check(race) }
  }

  /// Takes in what a part has written.
  ///
  /// - Parameter part: of `LessonPart`.
  /// - Throws: `ReportError.notAReport`, which names the field.
  public mutating func add(_ json: Data, of part: String) throws {
    switch part {
    case "bench": bench = try SchemaJSON.decode(json)
    case "ladder": ladder = try SchemaJSON.decode(json)
    case "strategies": strategies = try SchemaJSON.decode(json)
    case "scaling": scaling = try ScalingReport(json: json)
    case "ceiling": ceiling = try CeilingFile(json: json)
    case "race": race = try RaceFile(json: json)
    default: throw ReportError.notAReport("the lesson has no part \(printable(part))")
    }
  }

  /// All but the results, whose commands have limits of their own.
  private struct Head: FileFormat {
    var formatVersion: Int? = newestFormat
    var ranks = 1
    var parts: [LessonPart] = []

    init() {}
    init(_ file: LessonFile) { (formatVersion, ranks, parts) = (file.formatVersion, file.ranks, file.parts) }
  }
}

import Foundation
import Values

/// A file that `report` makes a page of.
public enum PageFile: Sendable {
  case scaling(ScalingReport)
  case sweep(SweepFile)
  case race(RaceFile)

  /// Reads a file that may come from anybody.
  ///
  /// - Throws: `ReportError.notAReport`, which names the field.
  public init(json: Data) throws {
    switch try FileKind(json: json).kind {
    case nil: self = .scaling(try ScalingReport(json: json))
    case "sweep": self = .sweep(try SweepFile(json: json))
    case "race": self = .race(try RaceFile(json: json))
    case let other?:
      throw ReportError.notAReport("kind is \(printable(other)), and pages are made of scaling, sweep and race")
    }
  }
}

/// What a file says that it is; nil in files of other commands than `sweep`, `race` and `lesson`.
struct FileKind: FileRecord {
  var kind: String?

  init() {}
  init(json: Data) throws { self = try SchemaJSON.decode(json) }
}

extension SweepFile {
  /// Reads the results of a sweep that may come from anybody.
  ///
  /// - Throws: `ReportError.notAReport`, which names the field.
  public init(json: Data) throws {
    self = try SchemaJSON.decode(json)
    try SweepLimits.check(self)
  }
}

extension RaceFile {
  /// Reads the results of a race that may come from anybody.
  ///
  /// - Throws: `ReportError.notAReport`, which names the field.
  public init(json: Data) throws {
    self = try SchemaJSON.decode(json)
    try RaceLimits.check(self)
  }
}

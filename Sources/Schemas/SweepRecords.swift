import Foundation
import Values

/// The lines of a results file: what an earlier process has measured and trained.
public struct SweepRecords: Sendable {
  public private(set) var header: SweepHeader?
  public private(set) var calibration: [CalibrationRecord] = []
  public private(set) var trials: [TrialRecord] = []
  /// Bytes up to the end of the last whole line: a process that was killed may have left a piece of one after it.
  public private(set) var wholeBytes = 0

  /// A line names what it is.
  private struct Kind: FileRecord { var type = "" }

  /// - Parameters:
  ///   - bytes: the file's.
  ///   - source: what errors call it.
  ///   - check: throws for a trial that cannot be.
  /// - Throws: `ReportError.notAReport` for the first whole line that is none of a results file's.
  public init(_ bytes: [UInt8], source: String, check: (TrialRecord) throws -> Void) throws {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.dropLast().enumerated() {
      wholeBytes += line.count + 1
      guard !line.isEmpty else { continue }
      do {
        try take(Data(line), isFirst: header == nil, check)
      } catch ReportError.notAReport(let reason) {
        throw ReportError.notAReport("\(source):\(index + 1): \(reason)")
      } catch {
        throw ReportError.notAReport("\(source):\(index + 1): \(error)")
      }
    }
  }

  private mutating func take(_ line: Data, isFirst: Bool, _ check: (TrialRecord) throws -> Void) throws {
    let kind: Kind = try SchemaJSON.decode(line)
    switch (kind.type, isFirst) {
    case ("sweep", true):
      let header: SweepHeader = try SchemaJSON.decode(line)
      guard let version = header.formatVersion, version <= newestFormat else {
        throw ReportError.notAReport("its format is newer than this program")
      }
      try SweepLimits.check(header)
      self.header = header
    case ("calibration", false):
      let record: CalibrationRecord = try SchemaJSON.decode(line)
      try SweepLimits.check(record)
      calibration.append(record)
    case ("trial", false):
      let record: TrialRecord = try SchemaJSON.decode(line)
      try SweepLimits.check(record)
      try check(record)
      trials.append(record)
    default:
      throw ReportError.notAReport(
        isFirst ? "a results file of sweep begins with its header" : "a line of type \(printable(kind.type))")
    }
  }
}

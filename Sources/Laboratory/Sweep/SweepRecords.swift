import Foundation
import Schemas
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
  /// - Throws: `ReportError.notAReport` for the first whole line that is none of a results file's.
  public init(_ bytes: [UInt8], source: String) throws {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.dropLast().enumerated() {
      wholeBytes += line.count + 1
      guard !line.isEmpty else { continue }
      do {
        try take(Data(line), isFirst: header == nil)
      } catch {
        throw ReportError.notAReport("\(source):\(index + 1): \(error)")
      }
    }
  }

  private mutating func take(_ line: Data, isFirst: Bool) throws {
    let kind: Kind = try SchemaJSON.decode(line)
    switch (kind.type, isFirst) {
    case ("sweep", true):
      let header: SweepHeader = try SchemaJSON.decode(line)
      guard let version = header.formatVersion, version <= newestFormat else {
        throw ReportError.notAReport("its format is newer than this program")
      }
      self.header = header
    case ("calibration", false): calibration.append(try SchemaJSON.decode(line))
    case ("trial", false):
      let record: TrialRecord = try SchemaJSON.decode(line)
      _ = try Trial(record)
      trials.append(record)
    default:
      throw ReportError.notAReport(
        isFirst ? "a results file of sweep begins with its header" : "a line of type \(printable(kind.type))")
    }
  }

  /// The records by what they are about; of a trial with several the last.
  public var byTrial: [Trial: TrialRecord] {
    get throws { Dictionary(try trials.map { (try Trial($0), $0) }) { $1 } }
  }

  /// The trials that reached a goal, the fastest first; of those that differ in the seed alone the first.
  ///
  /// - Parameter most: how many of them.
  public func fastest(to goal: Goal, most: Int) throws -> [Trial] {
    let reaching = trials.filter { goal.isReached(by: $0) }.sorted { $0.seconds < $1.seconds }
    let apart = try reaching.map { record in
      var trial = try Trial(record)
      trial.seed = 1
      return trial
    }
    return Array(apart.distinct { $0 }.prefix(most))
  }
}

import Schemas

extension SweepRecords {
  /// The lines of a results file whose trials can be trained.
  ///
  /// - Parameters:
  ///   - bytes: the file's.
  ///   - source: what errors call it.
  /// - Throws: `ReportError.notAReport` for the first whole line that is none of a results file's.
  public init(_ bytes: [UInt8], source: String) throws {
    try self.init(bytes, source: source) { _ = try Trial($0) }
  }

  /// The records by what they are about; of a trial with several the last.
  public var byTrial: [Trial: TrialRecord] {
    get throws { Dictionary(try trials.map { (try Trial($0), $0) }) { $1 } }
  }
}

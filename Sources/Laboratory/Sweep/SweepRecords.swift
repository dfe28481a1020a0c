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

  /// Of all trials together.
  public var steps: Int { trials.reduce(0) { $0 + $1.steps } }

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

import Values

/// What a checkpoint's metadata says of how a run went so far: numbers that decide no parameter, and that the run's
/// summary goes on from.
public struct StoredProgress: Sendable {
  /// Since training began, without what lay between an end and a resumption.
  public var elapsedSeconds: Double
  /// Of one rank that had the whole batch, of all ranks together, and of the one with the most; summed over steps.
  public var rows: (whole: Int, sum: Int, largest: Int)
  public var ranks: Int
  /// In ns, of each `Phase` in order.
  public var phases: [Double]
  public var microsecondsPerStep: Double

  enum Key {
    static let elapsed = "elapsed-seconds"
    static let rows = "rows"
    static let ranks = "ranks"
    static let phases = "phases-ns"
    static let stepTime = "us-per-step"
  }

  /// - Parameter phases: one for each `Phase`.
  public init(
    elapsedSeconds: Double, rows: (whole: Int, sum: Int, largest: Int), ranks: Int, phases: [Double],
    microsecondsPerStep: Double
  ) {
    (self.elapsedSeconds, self.rows, self.ranks) = (elapsedSeconds, rows, ranks)
    (self.phases, self.microsecondsPerStep) = (phases, microsecondsPerStep)
  }

  /// - Throws: `CheckpointError` where a whole checkpoint lacks what this program writes.
  public init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    func numbers<Number: WrittenNumber>(_ key: String) throws(CheckpointError) -> [Number] {
      // Those that are there have been checked with the file.
      guard let text = checkpoint.metadata[key] else {
        throw CheckpointError(.damaged, checkpoint.path, "it has no \(key)")
      }
      return text.split(separator: " ").compactMap { Number(written: String($0)) }
    }
    let rows: [Int] = try numbers(Key.rows)
    self.init(
      elapsedSeconds: try numbers(Key.elapsed)[0], rows: (rows[0], rows[1], rows[2]), ranks: try numbers(Key.ranks)[0],
      phases: try numbers(Key.phases), microsecondsPerStep: try numbers(Key.stepTime)[0])
  }

  public var metadata: [String: String] {
    [
      Key.elapsed: "\(elapsedSeconds)", Key.ranks: "\(ranks)", Key.stepTime: "\(microsecondsPerStep)",
      Key.rows: "\(rows.whole) \(rows.sum) \(rows.largest)",
      Key.phases: phases.map { "\($0)" }.joined(separator: " "),
    ]
  }
}

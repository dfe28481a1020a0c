import Values

/// The limits of what `sweep` has written.
enum SweepLimits {
  private static let fields = FieldLimits(
    counts: [
      "format_version": OptionRange("format_version", 1...newestFormat), "c": Ranges.dModel, "heads": Ranges.heads,
      "batch": Ranges.batch, "steps": Ranges.steps, "warm_up": Ranges.warmUp, "batch_ramp": Ranges.batchRamp,
      "seed": OptionRange("seed", 0...Int.max), "ranks_per_trial": Ranges.ranksPerTrial,
      // None of a trial that never began.
      "ranks": OptionRange("ranks", 0...Ranges.ranks.range.upperBound), "trained": OptionRange("trained", 0...1 << 50),
      "rung": OptionRange("rung", 0...64),
    ],
    numbers: [
      "learning_rate": Ranges.learningRate, "beta_2": Ranges.beta2, "average": Ranges.average, "target": Ranges.loss,
    ])
  private static let mostEntries = 100_000
  /// Of one trial.
  private static let mostParts = 1000
  /// Each has figures of its own.
  private static let mostWidths = 64
  private static let outcomes: Set = ["finished", "diverged", "no_memory", "out_of_time", "failed"]

  /// - Throws: `ReportError.notAReport`, which names the first key whose value cannot be.
  static func check(_ file: SweepFile) throws {
    // Before more memory is taken.
    try FieldLimits.check([
      ("calibration", file.calibration.count, mostEntries), ("trials", file.trials.count, mostEntries),
    ])
    guard !file.trials.isEmpty else { throw ReportError.notAReport("trials is empty") }
    try fields.check(file)
    for (index, trial) in file.trials.enumerated() { try checkWords(trial, at: "trials[\(index)].") }
    guard Set(file.trials.map(\.c)).count <= mostWidths else {
      throw ReportError.notAReport("its trials have more than \(mostWidths) widths")
    }
  }

  /// A line of a results file.
  ///
  /// - Throws: the same.
  static func check(_ line: some FileRecord) throws {
    try fields.check(line)
    if let trial = line as? TrialRecord { try checkWords(trial, at: "") }
  }

  private static func checkWords(_ trial: TrialRecord, at place: String) throws {
    try FieldLimits.check([("\(place)curve", trial.curve.count, mostParts)])
    guard outcomes.contains(trial.outcome) else {
      throw ReportError.notAReport("\(place)outcome is \(printable(trial.outcome)), which is not known")
    }
  }
}

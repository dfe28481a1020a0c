import Schemas
import Values

/// The tables of a sweep, for the terminal and the page alike.
extension Table<TrialRecord> {
  package static func trials(_ trials: [TrialRecord]) -> Table {
    Table(
      trials,
      [
        .number("held out", page: "held-out loss") { TrialRecord.lossText($0.heldOutLoss) },
        .number("training", page: "training loss") { TrialRecord.lossText($0.trainingLoss) },
        .number("seconds") { significant($0.seconds) },
        .number("C") { "\($0.c)" }, .number("batch") { "\($0.batch)" },
        .number("rate") { "\($0.learningRate)" }, .number("steps") { grouped($0.steps) },
        .number("seed") { "\($0.seed)" }, .words("") { $0.unusual },
      ])
  }

  /// What became of trials that did not finish.
  static func notFinished(_ trials: [TrialRecord]) -> Table {
    Table(
      trials,
      [
        .words("settings") { $0.settingsText }, .number("seed") { "\($0.seed)" },
        .words("outcome") { $0.outcome.replacing("_", with: " ") }, .words("reason") { $0.reason ?? "–" },
      ])
  }
}

extension Table<SeedSpread> {
  package static func spreads(_ spreads: [SeedSpread]) -> Table {
    Table(
      spreads,
      [
        .number("held out", page: "held-out loss, mean") { TrialRecord.lossText($0.mean) },
        .number("from", page: "least") { TrialRecord.lossText($0.least) },
        .number("to", page: "greatest") { TrialRecord.lossText($0.greatest) },
        .number("seeds") { $0.losses.count == $0.seeds ? "\($0.seeds)" : "\($0.losses.count) of \($0.seeds)" },
        .words("settings") { $0.record.settingsText },
      ])
  }
}

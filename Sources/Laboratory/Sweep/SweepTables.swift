import Schemas
import Values

/// The tables of a sweep, for the terminal and the page alike.
extension Table<TrialRecord> {
  package static func trials(_ trials: [TrialRecord]) -> Table {
    Table(
      trials,
      [
        .loss("held out", page: "held-out loss", \.heldOutLoss),
        .loss("training", page: "training loss", \.trainingLoss),
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
        .loss("held out", page: "held-out loss, mean", \.mean), .loss("from", page: "least", \.least),
        .loss("to", page: "greatest", \.greatest),
        .number("seeds") { $0.losses.count == $0.seeds ? "\($0.seeds)" : "\($0.losses.count) of \($0.seeds)" },
        .words("settings") { $0.record.settingsText },
      ])
  }
}

extension Table.Column {
  fileprivate static func loss(_ title: String, page: String, _ loss: @escaping (Row) -> Double?) -> Self {
    .number(title, page: page) { TrialRecord.lossText(loss($0)) }
  }
}

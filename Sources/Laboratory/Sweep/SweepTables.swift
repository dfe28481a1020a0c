import Schemas
import Values

extension Table<TrialRecord> {
  static func trials(_ trials: [TrialRecord]) -> Table {
    Table(
      trials,
      [
        .number("C") { "\($0.c)" }, .number("heads") { "\($0.heads)" }, .number("B") { "\($0.batch)" },
        .number("rate") { "\($0.learningRate)" }, .number("steps") { grouped($0.steps) },
        .words("schedule") { $0.schedule }, .number("seed") { "\($0.seed)" },
        .number("training loss") { $0.trainingLoss.map { fixed($0, 4) } ?? "–" },
        .number("held-out loss") { $0.heldOutLoss.map { fixed($0, 4) } ?? "–" },
        .number("seconds") { significant($0.seconds) },
      ])
  }
}

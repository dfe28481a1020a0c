import Schemas
import Values

extension SweepFile {
  /// For people: the ten best by held-out loss, and by the time to the target where there is one.
  var text: String {
    let finished = trials.filter { $0.outcome == "finished" }
    var lines = [summary]
    if finished.isEmpty {
      lines.append("no trial finished\(trials.compactMap(\.reason).first.map { ": \($0)" } ?? "")")
      return lines.joined(separator: "\n")
    }
    lines += ["", "best held-out loss"]
    lines += Self.table(Array(finished.sorted { ($0.heldOutLoss ?? .nan) < ($1.heldOutLoss ?? .nan) }.prefix(10)))
    if let target {
      let reaching = finished.filter { ($0.trainingLoss ?? .infinity) < target }.sorted { $0.seconds < $1.seconds }
      lines += ["", "training loss below \(significant(target)), the fastest"]
      lines += reaching.isEmpty ? ["no trial"] : Self.table(Array(reaching.prefix(10)))
    }
    let spread = spreads(of: finished)
    if !spread.isEmpty { lines += ["", "over seeds, the best by the mean"] + spread }
    lines += [
      "",
      "losses in nats per prediction: training, the mean of the last 100 steps; held out, exact over the fixed tenth;",
      "seconds: all steps of the trial, without start-up and evaluation",
    ]
    return lines.joined(separator: "\n")
  }

  private var summary: String {
    let outcomes = trials.distinct(\.outcome).sorted().map { outcome in
      "\(grouped(trials.filter { $0.outcome == outcome }.count)) \(outcome.replacing("_", with: " "))"
    }
    let own = trained == trials.count ? "" : ", \(grouped(trained)) trained now"
    return
      "\(plural(trials.count, "trial")) (\(outcomes.joined(separator: ", "))\(own)) on \(plural(ranks, "rank")) in "
      + "\(significant(wallSeconds)) s; utilisation \(fixed(utilisation, 3))"
  }

  private static func table(_ records: [TrialRecord]) -> [String] {
    Table(
      records,
      [
        .number("held out") { loss($0.heldOutLoss) }, .number("training") { loss($0.trainingLoss) },
        .number("seconds") { significant($0.seconds) },
        .number("C") { "\($0.c)" }, .number("batch") { "\($0.batch)" },
        .number("rate") { "\($0.learningRate)" }, .number("steps") { grouped($0.steps) },
        .number("seed") { "\($0.seed)" }, .words("") { $0.unusual },
      ]
    ).lines()
  }

  /// Mean, least and greatest held-out loss of settings that were tried with several seeds.
  private func spreads(of finished: [TrialRecord]) -> [String] {
    struct Spread {
      var record: TrialRecord
      var losses: [Double]
      var mean: Double { losses.reduce(0, +) / Double(losses.count) }
    }
    let spreads = finished.distinct(\.settingsText).compactMap { settings -> Spread? in
      let same = finished.filter { $0.settingsText == settings }
      let losses = same.compactMap(\.heldOutLoss)
      return losses.count > 1 ? Spread(record: same[0], losses: losses) : nil
    }
    guard !spreads.isEmpty else { return [] }
    return Table(
      Array(spreads.sorted { $0.mean < $1.mean }.prefix(10)),
      [
        .number("held out") { loss($0.mean) }, .number("from") { loss($0.losses.min()) },
        .number("to") { loss($0.losses.max()) },
        .number("seeds") { "\($0.losses.count)" }, .words("settings") { $0.record.settingsText },
      ]
    ).lines()
  }
}

extension TrialRecord {
  /// "C 32, batch 64, rate 0.006, 1,500 steps", and what is not usual.
  var settingsText: String {
    "C \(c), batch \(batch), rate \(learningRate), \(plural(steps, "step"))" + (unusual.isEmpty ? "" : ", \(unusual)")
  }

  /// The settings that are not what one would expect.
  fileprivate var unusual: String {
    [
      heads == (c == 128 ? 8 : 4) ? nil : "\(heads) heads", schedule == "linear" ? nil : schedule,
      warmUp == 0 ? nil : "warm-up \(grouped(warmUp))", beta2 == 0.99 ? nil : "β₂ \(beta2)",
      batchRamp == 0 ? nil : "batch doubles \(batchRamp) times", average == 0 ? nil : "average \(average)",
      rung.map { "rung \($0 + 1)" },
    ].compactMap { $0 }.joined(separator: ", ")
  }
}

/// Of a trial that went wild it is a large number.
private func loss(_ value: Double?) -> String {
  guard let value else { return "–" }
  return value < 100 ? fixed(value, 4) : scientific(value)
}

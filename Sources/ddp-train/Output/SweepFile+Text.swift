import Laboratory
import Schemas
import Values

extension SweepFile {
  /// For people: the ten best by held-out loss, and by the time to the target where there is one.
  var text: String {
    var lines = [summary]
    if !trials.contains(where: \.isFinished) {
      lines.append("no trial finished\(trials.compactMap(\.reason).first.map { ": \($0)" } ?? "")")
      return lines.joined(separator: "\n")
    }
    lines += ["", "best held-out loss"]
    lines += Table.trials(bestByHeldOutLoss(most: 10)).lines()
    if let target {
      let reaching = fastest(toTrainingLoss: target)
      lines += ["", "training loss below \(significant(target)), the fastest"]
      lines += reaching.isEmpty ? ["no trial"] : Table.trials(Array(reaching.prefix(10))).lines()
    }
    let spreads = SeedSpread.severalSeeds(trials)
    if !spreads.isEmpty {
      lines += ["", "over seeds, the best by the mean"] + Table.spreads(Array(spreads.prefix(10))).lines()
    }
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
}

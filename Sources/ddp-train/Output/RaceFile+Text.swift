import Laboratory
import Schemas
import Values

extension RaceFile {
  /// Why the race has no winner, in words; nil where it has one.
  var missedBy: String? {
    guard !race.contains(where: \.reached) else { return nil }
    let nearest = race.map { loss == "training" ? $0.trainingLoss : $0.heldOutLoss }.min() ?? nearestLoss
    return nearest.map { "the nearest came to \(fixed($0, 4)); try longer schedules, other widths or another target" }
      ?? "no trial finished; a longer --limit may help"
  }

  /// For people.
  var text: String {
    guard !race.isEmpty else { return definitions.joined(separator: "\n") }
    var lines = headline + verdict + [""] + raceTable
    if !stepsToTarget.isEmpty { lines += [""] + knobsTable }
    if let noiseScale, !noiseScale.isEmpty { lines += [""] + noiseTable(noiseScale) }
    if !batchSentences.isEmpty { lines += [""] + batchSentences }
    if timeToTarget.contains(where: { !$0.measured }) {
      lines.append("predictions assume: \(assumptions.joined(separator: "; "))")
    }
    if !budget.isEmpty { lines += [""] + budgetTable }
    lines += [""] + definitions
    if !notMeasured.isEmpty { lines += [""] + notMeasured.map { "not measured: \($0)" } }
    return lines.joined(separator: "\n")
  }

  private var headline: [String] {
    let goal = "\(loss) loss below \(significant(target))"
    return timeToTarget.filter(\.measured).map { time in
      let ratio = race.first { $0.ranks == time.ranks && $0.secondsToTarget == time.seconds }?.ratio
      return "\(goal) on \(plural(time.ranks, "rank")): \(significant(time.seconds)) s"
        + (ratio.map { ", \(fixed($0, 2)) of the reference run" } ?? "")
    }
  }

  /// Whether ranks do better together or each by itself.
  private var verdict: [String] {
    func best(_ use: String) -> Double? {
      race.filter { $0.ranks == ranks && $0.use == use }.compactMap(\.secondsToTarget).min()
    }
    guard ranks > 1, let together = best("one training"), let apart = best("several at once") else { return [] }
    let all = plural(ranks, "rank")
    return [
      together < apart
        ? "one training on all \(all) is \(fixed(apart / together, 2)) times as fast as the first of one on each"
        : "the first of \(ranks) trainings, one on each rank, is \(fixed(together / apart, 2)) times as fast as one on all"
    ]
  }

  private var raceTable: [String] {
    Table(
      [reference].compactMap { $0 } + race,
      [
        .number("ranks") { "\($0.ranks)" }, .words("use") { $0.useWords },
        .number("seconds") { result in
          result.secondsToTarget.map { significant($0) } ?? "not reached"
        },
        .number("ratio") { $0.ratio.map { fixed($0, 2) } ?? "–" },
        .words("(least–greatest)") { result in
          "(\(fixed(result.ratioLow ?? .nan, 2))–\(fixed(result.ratioHigh ?? .nan, 2)))"
        },
        .number("seeds") { result in "\(result.seeds.filter(\.reached).count)/\(result.seeds.count)" },
        .number("training") { fixed($0.trainingLoss, 4) }, .number("held out") { fixed($0.heldOutLoss, 4) },
        .number("C") { "\($0.c)" }, .number("batch") { "\($0.batch)" }, .number("rate") { "\($0.learningRate)" },
        .number("steps") { grouped($0.steps) }, .words("schedule") { $0.schedule },
      ]
    ).lines()
  }

  private var knobsTable: [String] {
    let counts = stepTimes.filter(\.measured).distinct(\.ranks).sorted()
    let law = hyperbola.map {
      "steps = \(grouped(Int($0.sMin))) · (1 + \(grouped(Int($0.bNoise))) / batch), fitted"
    }
    var columns: [Table<BatchSteps>.Column] = [
      .number("batch") { "\($0.batch)" }, .number("rate") { "\($0.learningRate)" },
      .number("steps") { grouped($0.steps) },
    ]
    for count in counts {
      func time(_ row: BatchSteps) -> BatchTime? { stepTimes.first { $0.batch == row.batch && $0.ranks == count } }
      columns.append(.number("µs/step on \(count)") { time($0).map { significant($0.usPerStep) } ?? "–" })
      columns.append(.number("seconds on \(count)") { time($0)?.secondsToTarget.map { significant($0) } ?? "–" })
    }
    return ["the two knobs of the batch, C = \(knobsC ?? 0): fewer steps, and longer ones"]
      + Table(stepsToTarget, columns).lines() + [law].compactMap { $0 }
  }

  private func noiseTable(_ points: [NoisePoint]) -> [String] {
    ["the gradient noise scale during a run of the fastest, in names"]
      + Table(
        points,
        [
          .number("step") { grouped($0.step) }, .number("of the run") { "\(fixed(100 * $0.share, 0)) %" },
          .words("noise scale") { estimateWords($0.names, low: $0.namesLow, high: $0.namesHigh, unit: "names") },
        ]
      ).lines()
  }

  private var budgetTable: [String] {
    ["the best loss within \(significant(budgetSeconds ?? .nan)) s of steps"]
      + Table(
        budget,
        [
          .number("C") { "\($0.c)" }, .number("batch") { "\($0.batch)" }, .number("ranks") { "\($0.ranks)" },
          .number("training") { fixed($0.trainingLoss ?? .nan, 4) },
          .number("held out") { fixed($0.heldOutLoss ?? .nan, 4) }, .number("rate") { "\($0.learningRate)" },
          .number("steps") { grouped($0.steps) }, .number("seconds") { significant($0.seconds) },
        ]
      ).lines()
  }
}

import Schemas
import Values

/// What the numbers of a lesson say, a sentence each. Each is worked out from the measurements, and says the opposite
/// where they do.
enum LessonClaims {
  // MARK: - one core

  /// Small models against large ones on one core.
  static func oneCore(_ bench: BenchFile) -> [String] {
    let rows = bench.atOneBatch
    guard let small = rows.first, let large = rows.last, small.nominalShareOfPeak.isFinite,
      large.nominalShareOfPeak.isFinite
    else { return [] }
    let step =
      "One core trains on \(plural(small.batch, "name")) in \(duration(small.usPerStep)) at C = \(small.c)"
      + (large.c > small.c ? " and in \(duration(large.usPerStep)) at C = \(large.c)." : ".")
    guard large.c > small.c else { return [step] }
    let shares =
      "\(times(small.nominalShareOfPeak)) of its peak at C = \(small.c), \(times(large.nominalShareOfPeak)) at C = \(large.c)"
    guard large.nominalShareOfPeak > small.nominalShareOfPeak * 1.05 else {
      return [step, "The small model uses the core as well as the large one: \(shares)."]
    }
    return [
      step,
      "The small model uses less of the core: \(shares). Norms, softmaxes and bookkeeping take their time at every width, "
        + "and a small model has few multiplications beside them.",
    ]
  }

  // MARK: - ideas

  /// Rungs of the ladder.
  static func ideas(_ ladder: LadderFile) -> [String] {
    let onOneCore = ladder.rungs.filter { $0.rung != "ranks" }
    guard let first = onOneCore.first, let last = onOneCore.last, onOneCore.count > 1 else { return [] }
    var claims = [
      "One core's last rung is \(factor(last.factorOverFirst)) times as fast as its first (\(first.title)): "
        + "\(duration(first.usPerSample)) per name become \(duration(last.usPerSample))."
    ]
    if let most = onOneCore.max(by: { ($0.factorOverBefore ?? 0) < ($1.factorOverBefore ?? 0) }),
      let worth = most.factorOverBefore
    {
      claims.append("The largest single idea: \(most.title), \(factor(worth)) times.")
    }
    let leftOut = ["padding", "prefixes"].compactMap { key in
      onOneCore.first { $0.rung == key }?.factorOverBefore
    }
    if leftOut.count == 2 {
      let worth = leftOut[0] * leftOut[1]
      claims.append(
        worth > 1.05
          ? "Work that is left out (padding, prefixes that names share) is worth \(factor(worth)) times, without one "
            + "faster instruction."
          : "Leaving out padding and shared prefixes is worth nothing on this machine (\(factor(worth)) times).")
    }
    if let ranks = ladder.rungs.first(where: { $0.rung == "ranks" }), let worth = ranks.factorOverBefore {
      claims.append(
        "\(plural(ladder.ranks, "core")) instead of one are worth \(factor(worth)) times at C = \(ladder.c).")
    }
    return claims
  }

  // MARK: - talking

  /// What strategies cost beside the work that they share out.
  static func talking(_ file: SynchronisationFile) -> [String] {
    let rows = file.widths
    guard let small = rows.first?.first, let ranks = rows.first?.first?.ranks, ranks > 1 else { return [] }
    let saved = 1 - 1 / Double(ranks)
    var claims: [String] = []
    if let allreduce = rows[0].first(where: { $0.strategy == "allreduce" }) {
      let share = allreduce.syncUs / small.singleCoreUsPerStep
      let start =
        "At C = \(small.c) one all-reduce of MPI takes \(duration(allreduce.syncUs)), \(percent(share)) of one core's "
        + "whole step. "
      claims.append(
        start
          + (share >= saved
            ? "\(plural(ranks, "core")) can save \(percent(saved)) of that step at most: the message costs more than all there is to "
              + "win."
            : "\(plural(ranks, "core")) can save \(percent(saved)) of that step at most, so \(percent(share / saved)) of what there is "
              + "to win goes into the message."))
    }
    if let shared = rows[0].first(where: { $0.strategy == "shared" }),
      let allreduce = rows[0].first(where: { $0.strategy == "allreduce" }), shared.syncUs > 0
    {
      let ratio = allreduce.syncUs / shared.syncUs
      claims.append(
        ratio > 1.05
          ? "Through memory that both read and write, without a message, the same takes \(duration(shared.syncUs)): "
            + "\(factor(ratio)) times less."
          : "Memory that all ranks share saves nothing here: \(duration(shared.syncUs)).")
    }
    if let last = rows.last?.first(where: { $0.strategy == "allreduce" }), rows.count > 1,
      let first = rows[0].first(where: { $0.strategy == "allreduce" })
    {
      let shares = (first.syncUs / small.singleCoreUsPerStep, last.syncUs / last.singleCoreUsPerStep)
      let words = "At C = \(last.c) the all-reduce takes \(percent(shares.1)) of one core's step: "
      claims.append(
        words
          + (shares.1 < shares.0
            ? "work grows faster with the width than the message does."
            : "on this machine the message grows as fast with the width as the work does."))
    }
    return claims
  }

  // MARK: - cores

  /// From which width on several cores pay, for each strategy.
  static func cores(_ report: ScalingReport) -> [String] {
    let rows = report.besideOneCore.filter { $0.speedup.isFinite }
    guard let first = rows.first else { return [] }
    // What the program takes by itself is the answer; the others are what it is compared with.
    let strategies = rows.distinct { $0.strategy }
    return (strategies.filter { $0 == "auto" } + strategies.filter { $0 != "auto" }).map { strategy in
      let widths = rows.filter { $0.strategy == strategy }
      return sentence(widths, ranks: first.ranks, batch: first.batch) + besidePasses(widths)
    }
  }

  private static func sentence(_ widths: [ScalingResult], ranks: Int, batch: Int) -> String {
    let name = way(widths[0])
    let who = ranks == 2 ? "a second core" : "\(ranks) cores instead of one"
    let pays = ranks == 2 ? "pays" : "pay"
    let list = widths.map { "\(times($0.speedup)) at C = \($0.c)" }.joined(separator: ", ")
    let won = widths.map { $0.speedupLow > 1 }
    if won.allSatisfy({ $0 }) {
      return
        "With \(name) \(who) \(pays) at every width measured (batch \(batch); one core's step over theirs: \(list))."
    }
    if widths.allSatisfy({ $0.speedupHigh < 1 }) {
      return "With \(name) \(who) never \(pays): one core is faster at every width (batch \(batch); \(list))."
    }
    if let first = won.firstIndex(of: true), won[first...].allSatisfy({ $0 }) {
      return
        "With \(name) \(who) \(pays) from C = \(widths[first].c) on (batch \(batch); one core's step over theirs: \(list))."
    }
    return won.contains(true)
      ? "With \(name) \(who) \(pays) at some widths only (batch \(batch); \(list))."
      : "With \(name) it cannot be told whether \(who) \(pays): the intervals hold 1 (batch \(batch); \(list))."
  }

  private static func besidePasses(_ widths: [ScalingResult]) -> String {
    guard let smallest = widths.first, smallest.usPerStep > 0 else { return "" }
    let rest = smallest.waitUs + smallest.syncUs + smallest.adamUs
    let all = rest + smallest.computeUs
    guard all.isFinite, all > 0 else { return "" }
    return " At C = \(smallest.c) \(percent(rest / all)) of a rank's step is not forward or backward pass."
  }

  /// What a strategy does, in words.
  private static func way(_ result: ScalingResult) -> String {
    let strategy = result.strategy == "auto" && !result.chosen.isEmpty ? result.chosen : result.strategy
    return switch strategy {
    case "shared": "memory that the ranks share"
    case "allreduce": "one all-reduce per step"
    default: "\(strategy)"
    }
  }

  // MARK: - many ranks

  /// What many ranks could be worth, and what a network makes of them.
  static func far(_ ceiling: CeilingFile?, _ report: ScalingReport?) -> [String] {
    ceilings(ceiling) + predicted(report)
  }

  private static func ceilings(_ file: CeilingFile?) -> [String] {
    (file?.ceiling ?? []).distinct { Case($0) }.compactMap { what in
      let rows = (file?.ceiling ?? []).filter { Case($0) == what }
      guard let most = rows.max(by: { $0.ranks < $1.ranks }), most.ranks > 1, most.speedupCeiling.isFinite else {
        return nil
      }
      return "\(what.title): if nobody waited and nothing had to be sent, \(most.ranks) ranks would be worth "
        + "\(factor(most.speedupCeiling)) cores, and \(factor(most.expectedSpeedup)) with the prices of barriers and memory. Of "
        + "what is missing most is lost to \(most.lostTo.isEmpty ? "nothing that stands out" : most.lostTo)."
    }
  }

  private static func predicted(_ report: ScalingReport?) -> [String] {
    guard let report else { return [] }
    return report.fastestPredicted.map { found in
      "\(found.what.title), \(found.strategy): beyond \(plural(found.ranks, "rank")) a step is predicted to get no shorter. It is "
        + "\(factor(found.speedup)) times one core's there, if 2 µs and 100 Gbit/s lie between hosts."
    }
  }

  // MARK: - loss

  /// What cores are worth for the loss.
  static func loss(_ race: RaceFile) -> [String] {
    func fastest(_ ranks: Int, use: String) -> RaceResult? {
      race.race.filter { $0.ranks == ranks && $0.use == use && $0.reached }
        .min { ($0.secondsToTarget ?? .infinity) < ($1.secondsToTarget ?? .infinity) }
    }
    let target = "a \(race.loss) loss of \(significant(race.target))"
    guard let one = fastest(1, use: "one training"), let alone = one.secondsToTarget else {
      return ["Nothing reached \(target) on one core."]
    }
    var claims = [
      "One core reaches \(target) in \(significant(alone)) s, with batches of \(plural(one.batch, "name"))."
    ]
    guard race.ranks > 1 else { return claims }
    if let all = fastest(race.ranks, use: "one training"), let together = all.secondsToTarget {
      let gain = alone / together
      claims.append(
        gain > 1.02
          ? "\(race.ranks) cores in one training take \(significant(together)) s: \(times(gain)) times as soon"
            + (all.batch > one.batch
              ? ", with batches of \(grouped(all.batch)). The larger batch feeds the cores, and takes "
                + "\(times(Double(all.steps) / Double(one.steps))) of the steps." : ".")
          : "\(race.ranks) cores in one training take \(significant(together)) s, no less than one.")
    }
    if let several = fastest(race.ranks, use: "several at once"), let first = several.secondsToTarget {
      let best = fastest(race.ranks, use: "one training")?.secondsToTarget ?? alone
      claims.append(
        "\(race.ranks) trainings at once, a core each, of which the first to arrive counts: \(significant(first)) s. "
          + (first > best
            ? "One training on all cores is there sooner." : "That is sooner than one training on all cores."))
    }
    return claims
  }

  // MARK: - cost

  /// What N cores cost for the same names, in core-seconds.
  static func cost(_ rows: [LessonCost]) -> [String] {
    guard let small = rows.first, let large = rows.last else { return [] }
    func sentence(_ row: LessonCost) -> String {
      let ratio = row.several / row.one
      let words =
        "A million names at C = \(row.c) take \(significant(row.one)) core-seconds on one core and "
        + "\(significant(row.several)) on \(row.ranks)"
      return ratio > 1.01 ? "\(words): \(times(ratio)) times as many." : "\(words): no more."
    }
    let energy = large.joules.map { joules in
      "At C = \(large.c) that is \(significant(joules.one)) J on one core and \(significant(joules.several)) J on \(large.ranks), of "
        + "the whole processor."
    }
    return [sentence(small)] + (large.c > small.c ? [sentence(large)] : [])
      + [
        rows.contains { $0.several > 1.01 * $0.one }
          ? "Time is bought with work: a core that waits costs as much as one that computes."
          : "Here time costs nothing."
      ] + [energy].compactMap { $0 }
  }

  // MARK: -

  static func times(_ value: Double) -> String { fixed(value, 2) }
  static func percent(_ share: Double) -> String { "\(fixed(100 * share, 0)) %" }

  static func factor(_ value: Double) -> String {
    value.isFinite && value >= 999.5 && value < 1e15 ? grouped(Int(value.rounded())) : significant(value)
  }
}

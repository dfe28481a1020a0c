import Schemas
import Values

/// The figures of a race.
enum RaceCurves {
  static func figures(_ file: RaceFile) -> [Figure] {
    [
      lossAgainstTime(file), BatchCurves.stepsAgainstBatch(file), BatchCurves.noiseAgainstSteps(file),
      timeAgainstBatch(file), timeAgainstRanks(file),
    ].compactMap { $0 }
  }

  /// The picture that opens the page: the reference, and the fastest on each number of ranks.
  static func lossAgainstTime(_ file: RaceFile, shape: Figure.Shape = .wide(rows: 14)) -> Figure? {
    let fastest = file.race.map(\.ranks).distinct { $0 }.sorted().compactMap { ranks in
      file.race.filter { $0.ranks == ranks && $0.use == "one training" && $0.reached }
        .min { ($0.secondsToTarget ?? .infinity) < ($1.secondsToTarget ?? .infinity) }
    }
    let curves =
      (file.reference.map { [("the reference, 1 rank", $0)] } ?? [])
      + fastest.map { ("\(plural($0.ranks, "rank")), batch \($0.batch)", $0) }
    guard curves.contains(where: { $0.1.curve.count > 1 }) else { return nil }
    var script = GnuplotScript(
      name: "loss-against-time", shape: shape, title: "Training loss against time",
      subtitle: file.machine.inShort, entries: curves.count + 1, columns: shape.isWide ? 3 : 1)
    script.add("set lmargin 10")
    script.add("set xlabel 'seconds of the steps'")
    script.add("set ylabel 'training loss (nats per prediction)'")
    let last = curves.compactMap { $0.1.curve.last }.min() ?? file.target
    // The first parts of a run fall from 3.3: what is of interest lies below.
    let top = file.target + 0.35
    script.add("set yrange [\(min(last, file.target) - 0.02):\(top)]")
    script.add("set xrange [0:*]")
    var parts: [String] = []
    for (index, curve) in curves.enumerated() {
      let result = curve.1
      let seconds = Sample(result.seeds.map(\.seconds)).median
      let count = Double(result.curve.count)
      let rows = result.curve.enumerated().map { [seconds * (Double($0) + 0.5) / count, $1] }
      guard let data = script.data(rows, comment: "\(curve.0): seconds, loss") else { continue }
      parts.append(
        "\(data) using 1:2 with linespoints \(Appearance.line(number: index).words()) title '\(curve.0)'")
    }
    parts.append(GnuplotScript.target(file.target))
    script.plot(parts)
    return Figure(
      script,
      caption:
        "The fastest training to the target on each number of ranks. Each point is the mean loss of one of 32 equal "
        + "parts of the run, at the middle of its time. The rate falls to 0 over each run's own length.")
  }

  private static func timeAgainstBatch(_ file: RaceFile) -> Figure? {
    let points = file.stepTimes.filter { $0.secondsToTarget != nil }
    let counts = points.map(\.ranks).distinct { $0 }.sorted().filter { count in
      points.contains { $0.ranks == count && $0.measured } || [4, 16, 64].contains(count)
    }
    guard file.stepsToTarget.count > 1, !counts.isEmpty else { return nil }
    var script = GnuplotScript(
      name: "time-against-batch", title: "Time to the target against batch", subtitle: file.machine.inShort,
      entries: counts.count)
    script.add("set lmargin 10")
    LogarithmicAxis.add("x", around: points.map { Double($0.batch) }, to: &script)
    LogarithmicAxis.add("y", around: points.compactMap(\.secondsToTarget), to: &script)
    script.add("set xlabel 'names in a batch'")
    script.add("set ylabel 'seconds to the target'")
    var parts: [String] = []
    for (index, count) in counts.enumerated() {
      let own = points.filter { $0.ranks == count }
      let isMeasured = own.contains(where: \.measured)
      let rows = own.map { [Double($0.batch), $0.secondsToTarget ?? .nan] }
      guard let data = script.data(rows, comment: "\(count) ranks: batch, seconds") else { continue }
      let line = Appearance.line(number: index)
      parts.append(
        "\(data) using 1:2 with \(isMeasured ? "linespoints \(line.words())" : "lines \(line.dashed())") title "
          + "'\(isMeasured ? "N = \(count)" : "\(count) (pred.)")'")
    }
    script.plot(parts)
    return Figure(
      script,
      caption:
        "Steps to the target times the step's time, on N ranks: the two knobs of the batch in one. Dotted: predicted.")
  }

  private static func timeAgainstRanks(_ file: RaceFile) -> Figure? {
    guard file.timeToTarget.count > 1 else { return nil }
    var script = GnuplotScript(
      name: "time-against-ranks", title: "Time to the target against ranks", subtitle: file.machine.inShort, entries: 3)
    script.add("set lmargin 10")
    // For the last mark, of seven digits.
    script.add("set rmargin 4")
    LogarithmicAxis.add("x", around: file.timeToTarget.map { Double($0.ranks) }, to: &script)
    LogarithmicAxis.add("y", around: file.timeToTarget.map(\.seconds), to: &script)
    script.add("set xlabel 'ranks N'")
    script.add("set ylabel 'seconds to the target'")
    var parts: [String] = []
    for (isMeasured, title) in [(true, "measured"), (false, "predicted")] {
      let rows = file.timeToTarget.filter { $0.measured == isMeasured }.map { [Double($0.ranks), $0.seconds] }
      guard let data = script.data(rows, comment: "\(title): ranks, seconds") else { continue }
      let line = Appearance.line(number: isMeasured ? 0 : 1)
      parts.append(
        "\(data) using 1:2 with \(isMeasured ? "points \(line.points())" : "lines \(line.dashed())") title '\(title)'")
    }
    if let limit = file.rankLimit, let data = script.data([[Double(limit.ranks), limit.seconds]], comment: "the end") {
      parts.append("\(data) using 1:2 with points lc rgb '#000000' lw 1.6 pt 6 ps 1.6 title 'falls no further'")
    }
    script.plot(parts)
    let end = file.rankLimit.map {
      " The predicted time falls up to \(plural($0.ranks, "rank")), at batch \(grouped($0.batch)); what ends it is \($0.cause)."
    }
    let least = file.timeToTarget.filter { !$0.measured }.min { $0.seconds < $1.seconds }.map {
      " The predicted time falls up to \(plural($0.ranks, "rank")), at batch \(grouped($0.batch))."
    }
    return Figure(script, caption: "The best batch for each number of ranks." + (end ?? least ?? ""))
  }
}

import Glibc
import Schemas
import Values

/// What a step costs besides computing, over the size of the model, at the most ranks; figures for every batch size.
enum WidthCurves {
  static func figures(_ report: ScalingReport) -> [Figure] {
    report.results.distinct { Case($0).setting }.flatMap { setting -> [Figure] in
      let all = report.results.filter { Case($0).setting == setting && $0.ranks > 1 }
      guard let most = all.map(\.ranks).max() else { return [] }
      let results = all.filter { $0.ranks == most }.sorted { $0.c < $1.c }
      // A curve has two points or more.
      guard Set(results.map(\.c)).count > 1 else { return [] }
      return [
        strategies(setting, results, ranks: most, machine: report.machine),
        crossover(setting, results, ranks: most, machine: report.machine),
      ]
    }
  }

  private static func strategies(
    _ setting: Setting, _ results: [ScalingResult], ranks: Int, machine: Machine
  ) -> Figure {
    var script = GnuplotScript(
      name: "strategies-\(setting.name)", title: "Cost of an update, \(setting.title), N = \(ranks)",
      machine: machine, entries: 1 + results.distinct { $0.strategy }.count)
    script.add("set logscale x")
    LogarithmicAxis.add("y", around: results.map { $0.syncUs + $0.adamUs }, to: &script)
    script.add("set xlabel 'size of the gradient (kB)'")
    script.add("set ylabel 'communication + Adam (µs a step)'")
    let sizes = results.map { Double($0.gradientBytes) / 1000 }
    marks(Set(sizes).sorted().map { (significant($0), $0) }, "x", &script)
    let parts = curves(results, &script, comment: "gradient (kB), communication + Adam (µs)") {
      (Double($0.gradientBytes) / 1000, $0.syncUs + $0.adamUs)
    }
    script.plot(parts)
    let widths = Set(results.map(\.c)).sorted().map(String.init).joined(separator: ", ")
    return Figure(
      script,
      caption: "From the last rank's arrival to parameters that are updated everywhere, by strategy, over the size of"
        + " the gradient (C = \(widths)). Both axes are logarithmic.")
  }

  private static func crossover(
    _ setting: Setting, _ results: [ScalingResult], ranks: Int, machine: Machine
  ) -> Figure {
    var script = GnuplotScript(
      name: "crossover-\(setting.name)", title: "Computing and the rest, \(setting.title), N = \(ranks)",
      machine: machine, entries: 1 + results.distinct { $0.strategy }.count)
    script.add("set logscale x 2")
    LogarithmicAxis.add("y", around: results.flatMap { [$0.computeUs, $0.overheadUs] }, to: &script)
    script.add("set xlabel 'width of the model C'")
    script.add("set ylabel 'time of a step (µs)'")
    marks(Set(results.map(\.c)).sorted().map { ("\($0)", Double($0)) }, "x", &script)
    var parts: [String] = []
    for strategy in results.distinct({ $0.strategy }) {
      let own = results.filter { $0.strategy == strategy && $0.computeUs > 0 && $0.overheadUs > 0 }
      guard
        let data = script.data(
          own.map { [Double($0.c), $0.computeUs, $0.overheadUs] },
          comment: "\(strategy): C, compute, wait + communication + Adam (µs)")
      else { continue }
      let line = Appearance.line(strategy, mode: setting.mode)
      let title = GnuplotScript.quoted(strategy, longest: 20)
      parts.append("\(data) using 1:2 with lines \(line.dashed()) notitle")
      parts.append("\(data) using 1:3 with linespoints \(line.words()) title \(title)")
    }
    script.plot(parts + ["NaN with lines lc rgb '#444444' lw 1.4 dt 3 title 'computing'"])
    return Figure(
      script,
      caption:
        "Per rank: computing (dotted) and all else, that is wait, communication and Adam (solid), over the width."
        + " Left of a crossing more time goes into working together than into the work. \(crossings(results))")
  }

  /// A sentence for each way in which strategies cross, or do not.
  private static func crossings(_ results: [ScalingResult]) -> String {
    let strategies = results.distinct { $0.strategy }
    let verdicts = strategies.map { strategy in crossing(results.filter { $0.strategy == strategy }) }
    return verdicts.distinct { $0 }.map { verdict in
      let same = zip(strategies, verdicts).filter { $0.1 == verdict }.map(\.0)
      return "\(verdict): \(same.joined(separator: ", "))."
    }.joined(separator: " ")
  }

  /// Where computing overtakes the rest, interpolated between logarithms.
  private static func crossing(_ results: [ScalingResult]) -> String {
    let results = results.filter { $0.computeUs > 0 && $0.overheadUs > 0 }
    for (low, high) in zip(results, results.dropFirst()) {
      let before = log(low.computeUs / low.overheadUs)
      let after = log(high.computeUs / high.overheadUs)
      guard before < 0, after >= 0 else { continue }
      let share = -before / (after - before)
      let width = exp(log(Double(low.c)) + share * (log(Double(high.c)) - log(Double(low.c))))
      return "Crossing at about C = \(fixed(width, 0))"
    }
    if results.allSatisfy({ $0.computeUs >= $0.overheadUs }) { return "Computing takes longer at every C" }
    return results.allSatisfy { $0.computeUs < $0.overheadUs }
      ? "The rest takes longer at every C" : "Several crossings"
  }

  private static func marks(_ marks: [(String, Double)], _ axis: String, _ script: inout GnuplotScript) {
    let text = marks.map { "'\($0.0)' \($0.1)" }.joined(separator: ", ")
    script.add("set \(axis)tics (\(text))")
    guard let first = marks.first?.1, let last = marks.last?.1 else { return }
    script.add("set \(axis)range [\(first / 1.25):\(last * 1.25)]")
  }

  private static func curves(
    _ results: [ScalingResult], _ script: inout GnuplotScript, comment: String,
    _ point: (ScalingResult) -> (Double, Double)
  ) -> [String] {
    results.distinct { $0.strategy }.compactMap { strategy in
      let rows = results.filter { $0.strategy == strategy }.map(point).filter { $0.0 > 0 && $0.1 > 0 }
      guard let data = script.data(rows.map { [$0.0, $0.1] }, comment: "\(strategy): \(comment)") else { return nil }
      return "\(data) using 1:2 with linespoints \(Appearance.line(strategy, mode: results[0].mode).words()) "
        + "title \(GnuplotScript.quoted(strategy, longest: 20))"
    }
  }
}

import Schemas

/// Speed-up over the number of ranks. Efficiency is the same numbers over N, and stands in the tables.
enum ScalingCurves {
  static func figures(of what: Case, in report: ScalingReport) -> [Figure] {
    let results = report.results(of: what)
    guard results.contains(where: { $0.ranks > 1 }) else { return [] }
    return [speedup(what, results, report: report)]
  }

  private static func speedup(_ what: Case, _ results: [ScalingResult], report: ScalingReport) -> Figure {
    let ceilings = CeilingCurves(report.rowsBesideCeilings.filter { Case($0) == what })
    var script = GnuplotScript(
      name: "speed-up-\(what.name)", title: "Speed-up, \(what.title), \(what.mode.rawValue) scaling",
      machine: report.machine, entries: 2 + results.distinct { $0.strategy }.count + ceilings.entries)
    let axis = RankAxis(results.map(\.ranks))
    axis.add(to: &script)
    script.add("set ylabel 'speed-up over one core'")
    let highest = max(results.map(\.speedupHigh).filter(\.isFinite).max() ?? 1, Double(axis.ranks.last ?? 1))
    if axis.isLogarithmic {
      let lowest = results.map(\.speedupLow).filter { $0.isFinite && $0 > 0 }.min() ?? 1
      script.add("set logscale y 2")
      script.add("set yrange [\(min(0.8, lowest * 0.85)):\(highest * 1.15)]")
    } else {
      script.add("set yrange [0:\(highest * 1.08)]")
    }
    let curves = curves(results, axis: axis, script: &script)
    script.plot(
      [
        "x with lines lc rgb '#555555' lw 1.3 dt 2 title 'ideal'",
        "1 with lines lc rgb '#000000' lw 1.3 title 'one core'",
      ]
        + ceilings.parts(&script) + curves)
    return Figure(
      script,
      caption: "Time of one core's step over the time of a step on N ranks, both of the same global batch"
        + " (\(batchWords(what))). Bars: 95 % intervals. Below the line at 1, one core is faster."
        + aside(results) + ceilings.words)
  }

  private static func curves(
    _ results: [ScalingResult], axis: RankAxis, script: inout GnuplotScript
  ) -> [String] {
    let strategies = results.distinct { $0.strategy }
    var parts: [String] = []
    for (index, strategy) in strategies.enumerated() {
      let rows = results.filter { $0.strategy == strategy }.sorted { $0.ranks < $1.ranks }.map { result in
        let place = axis.place(result.ranks, curve: index, of: strategies.count)
        return [place, result.speedup, result.speedupLow, result.speedupHigh]
      }
      guard let data = script.data(rows, comment: "\(strategy): N (moved aside), speed-up, 95 % interval") else {
        continue
      }
      let line = Appearance.line(strategy, mode: results[0].mode)
      parts.append("\(data) using 1:2:3:4 with yerrorbars lc rgb '\(line.colour)' lw 1.4 pt 0 notitle")
      parts.append(
        "\(data) using 1:2 with linespoints \(line.words()) title \(GnuplotScript.quoted(strategy, longest: 20))")
    }
    return parts
  }

  private static func batchWords(_ what: Case) -> String {
    what.mode == .weak ? "N · \(what.batch) names" : "\(what.batch) names"
  }

  private static func aside(_ results: [ScalingResult]) -> String {
    results.distinct { $0.strategy }.count > 1 ? " Points at one N are drawn side by side." : ""
  }
}

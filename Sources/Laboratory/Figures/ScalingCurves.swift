import Schemas

/// Speed-up and efficiency over the number of ranks, a figure of each.
enum ScalingCurves {
  static func figures(of what: Case, in report: ScalingReport) -> [Figure] {
    let results = report.results(of: what)
    guard results.contains(where: { $0.ranks > 1 }) else { return [] }
    return [
      speedup(what, results, report: report), efficiency(what, results, machine: report.machine),
    ]
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
    let curves = curves(results, axis: axis, script: &script) { ($0.speedup, $0.speedupLow, $0.speedupHigh) }
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

  private static func efficiency(_ what: Case, _ results: [ScalingResult], machine: Machine) -> Figure {
    var script = GnuplotScript(
      name: "efficiency-\(what.name)", title: "Efficiency, \(what.title), \(what.mode.rawValue) scaling",
      machine: machine, entries: 2 + results.distinct { $0.strategy }.count)
    let axis = RankAxis(results.map(\.ranks))
    axis.add(to: &script)
    script.add("set ylabel 'efficiency (speed-up / N)'")
    let highest = results.map(\.efficiencyHigh).filter(\.isFinite).max() ?? 1
    script.add("set yrange [0:\(max(1.08, highest * 1.05))]")
    let curves = curves(results, axis: axis, script: &script) { ($0.efficiency, $0.efficiencyLow, $0.efficiencyHigh) }
    script.plot(
      [
        "1 with lines lc rgb '#555555' lw 1.3 dt 2 title 'ideal'",
        "1/x with lines lc rgb '#000000' lw 1.3 title 'one core'",
      ] + curves)
    return Figure(
      script,
      caption: "Speed-up over N. Bars: 95 % intervals. Below the line 1/N, one core is faster." + aside(results))
  }

  private static func curves(
    _ results: [ScalingResult], axis: RankAxis, script: inout GnuplotScript,
    _ value: (ScalingResult) -> (Double, Double, Double)
  ) -> [String] {
    let strategies = results.distinct { $0.strategy }
    var parts: [String] = []
    for (index, strategy) in strategies.enumerated() {
      let rows = results.filter { $0.strategy == strategy }.sorted { $0.ranks < $1.ranks }.map { result in
        let (middle, low, high) = value(result)
        return [axis.place(result.ranks, curve: index, of: strategies.count), middle, low, high]
      }
      guard let data = script.data(rows, comment: "\(strategy): N (moved aside), value, 95 % interval") else {
        continue
      }
      let line = Appearance.line(strategy)
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

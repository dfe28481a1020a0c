import Schemas

/// Where a step's time went, as bars for each N and strategy, below one core's step.
enum TimeSplit {
  static func figures(of what: Case, in report: ScalingReport) -> [Figure] {
    let results = report.results(of: what)
    return results.contains { $0.ranks > 1 } ? [figure(what, results, machine: report.machine)] : []
  }

  private struct Bar {
    /// From the top, 1 apart within one N.
    var place: Double
    var label: String
    /// Of `Appearance.phases`.
    var phases: [Double]
    /// One core's step / N.
    var ideal: Double?

    var sum: Double { phases.reduce(0, +) }
  }

  private struct Group {
    var title: String
    var place: Double
  }

  private static func figure(_ what: Case, _ results: [ScalingResult], machine: Machine) -> Figure {
    let (bars, groups) = bars(what, results)
    let last = bars.last?.place ?? 1
    var script = GnuplotScript(
      name: "time-split-\(what.name)", shape: .wide(rows: last + 0.4),
      title: "Time of a step, \(what.title), \(what.mode.rawValue) scaling",
      machine: machine, entries: 6)
    let ends = bars.map { max($0.sum, $0.ideal ?? 0) }.filter(\.isFinite)
    script.add("set lmargin 21")
    script.add("set grid noytics xtics")
    script.add("set xlabel 'time of a step (µs)'")
    script.add("set xrange [0:\((ends.max() ?? 1) * 1.07)]")
    script.add("set yrange [\(last + 0.7):0.3]")
    let tics = bars.map { "\(GnuplotScript.quoted($0.label, longest: 16)) \($0.place)" }.joined(separator: ", ")
    script.add("set ytics (\(tics)) scale 0")
    for (index, group) in groups.enumerated() {
      script.add("set label \(10 + index) '\(group.title)' at graph 0, first \(group.place) offset -19,0 left")
    }
    script.plot(boxes(bars, &script) + sums(bars, &script) + ideals(bars, &script))
    return Figure(
      script,
      caption: "Means over the ranks, in steps with a barrier before the exchange. Compute: batch, forward, backward;"
        + " wait: until the last rank has arrived at the barrier; communication: the exchange; Adam: the update."
        + " Dashed: one core’s step / N, a step without any loss." + oneCoreWords(bars))
  }

  private static func oneCoreWords(_ bars: [Bar]) -> String {
    bars.contains { $0.phases[wholeStep] > 0 } ? " One core’s step is not split." : ""
  }

  /// The phase that stands for a step whose parts are not known.
  private static let wholeStep = 4

  private static func bars(_ what: Case, _ results: [ScalingResult]) -> ([Bar], [Group]) {
    var bars: [Bar] = []
    var groups: [Group] = []
    var place = 0.0
    // Alone, all strategies do the same. Where one rank was not measured there is only its whole step, and none where
    // the batch grows with N: each N has a baseline of its own then.
    if let one = results.first(where: { $0.ranks == 1 }) {
      place += 1
      let label = what.mode == .weak ? "1 core, \(one.globalBatch) names" : "one core"
      bars.append(Bar(place: place, label: label, phases: phases(one)))
    } else if what.mode == .strong, let one = results.first {
      place += 1
      bars.append(Bar(place: place, label: "one core", phases: [0, 0, 0, 0, one.singleCoreUsPerStep]))
    }
    for ranks in Set(results.map(\.ranks)).sorted() where ranks > 1 {
      let group = results.filter { $0.ranks == ranks }
      place += bars.isEmpty ? 0 : 0.4
      groups.append(Group(title: "N = \(ranks)", place: place + 1))
      for result in group {
        place += 1
        bars.append(
          Bar(
            place: place, label: result.strategy, phases: phases(result),
            ideal: result.singleCoreUsPerStep / Double(ranks)))
      }
    }
    return (bars, groups)
  }

  private static func phases(_ result: ScalingResult) -> [Double] {
    [result.computeUs, result.waitUs, result.syncUs, result.adamUs, 0]
  }

  private static func boxes(_ bars: [Bar], _ script: inout GnuplotScript) -> [String] {
    Appearance.phases.indices.compactMap { phase in
      let rows = bars.filter { $0.phases[phase] > 0 }.map { bar in
        let before = bar.phases[..<phase].reduce(0, +)
        return [before, bar.place, before, before + bar.phases[phase], bar.place - 0.4, bar.place + 0.4]
      }
      let (name, colour) = Appearance.phases[phase]
      guard let data = script.data(rows, comment: "\(name): x, y, from, to (µs), y from, to") else { return nil }
      return "\(data) using 1:2:3:4:5:6 with boxxyerror fillstyle solid 1 border lc rgb '#222222' "
        + "fillcolor rgb '\(colour)' lw 0.6 title '\(name)'"
    }
  }

  private static func sums(_ bars: [Bar], _ script: inout GnuplotScript) -> [String] {
    let rows = bars.map { [max($0.sum, $0.ideal ?? 0), $0.place, $0.sum] }
    guard let data = script.data(rows, comment: "sums: x, y, µs") else { return [] }
    let decimals = rows.contains { $0[2] < 99.5 } ? 1 : 0
    return ["\(data) using 1:2:(sprintf('%.\(decimals)f', $3)) with labels left offset 0.6,0 font 'Arial,11' notitle"]
  }

  private static func ideals(_ bars: [Bar], _ script: inout GnuplotScript) -> [String] {
    let rows = bars.compactMap { bar in bar.ideal.map { [$0, bar.place - 0.5, 0, 1] } }
    guard let data = script.data(rows, comment: "one core / N: µs, y, dx, dy") else { return [] }
    return ["\(data) using 1:2:3:4 with vectors nohead lc rgb '#000000' lw 2.2 dt (4,2) title 'one core / N'"]
  }
}

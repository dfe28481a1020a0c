import Schemas
import Values

/// The figures of a lesson; each proves one sentence. All of them are narrow enough for a phone.
enum LessonFigures {
  /// For the subtitle: the machine's name.
  private static func subtitle(_ file: LessonFile) -> String {
    "\(withoutMarks(file.origin?.cpu ?? "")), \(file.isa)"
  }

  /// The share of the core's peak over the width.
  static func shareOfPeak(_ file: LessonFile) -> Figure? {
    let rows = file.bench?.atOneBatch ?? []
    guard rows.count > 1, let batch = rows.first?.batch else { return nil }
    var script = GnuplotScript(
      name: "share-of-peak", title: "One core’s use of its peak, B = \(batch)", subtitle: subtitle(file), entries: 2)
    widths(rows.map(\.c), &script)
    script.add("set ylabel 'share of the multiply-add peak'")
    script.add("set yrange [0:*]")
    let parts = curves(
      [
        ("nominal", Appearance.line(number: 0), rows.map { [Double($0.c), $0.nominalShareOfPeak] }),
        ("really done", Appearance.line(number: 1), rows.map { [Double($0.c), $0.effectiveShareOfPeak] }),
      ], of: "share", &script)
    script.plot(parts)
    return Figure(
      script,
      caption:
        "Nominal: operations that the step would need if nothing were shared, over time and peak. Really done: those that "
        + "were computed.")
  }

  private static let shortTitles = [
    "autograd": "tape of scalars", "scalar": "scalar loops", "vector": "vectors", "batch": "a whole batch",
    "padding": "padding skipped", "exponential": "fast exponential", "prefixes": "prefixes shared",
    "sme2": "matrix unit",
  ]

  /// Time per name, rung by rung.
  static func ideas(_ file: LessonFile) -> Figure? {
    guard let ladder = file.ladder, ladder.rungs.count > 1 else { return nil }
    var script = GnuplotScript(
      name: "ideas", title: "Time per name, idea by idea, C = \(ladder.c)", subtitle: subtitle(file), entries: 1)
    let rungs = ladder.rungs
    script.add("set lmargin 18")
    script.add("set rmargin 6")
    let values = rungs.map(\.usPerSample)
    LogarithmicAxis.add("x", around: values, to: &script)
    script.add("set xlabel 'µs per name'")
    script.add("set grid noytics xtics")
    script.add("set yrange [\(Double(rungs.count) + 0.6):0.4]")
    let titles = rungs.enumerated().map { index, rung in
      let title = rung.rung == "ranks" ? plural(ladder.ranks, "core") : shortTitles[rung.rung] ?? rung.rung
      return "\(GnuplotScript.quoted(title, longest: 20)) \(index + 1)"
    }
    script.add("set ytics (\(titles.joined(separator: ", "))) scale 0")
    let lowest = (values.filter { $0 > 0 }.min() ?? 1) / 1.5
    let rows = rungs.enumerated().map { index, rung in
      let place = Double(index + 1)
      return [lowest, place, lowest, rung.usPerSample, place - 0.36, place + 0.36]
    }
    guard let data = script.data(rows, comment: "x, y, from, to (µs per name), y from, to") else { return nil }
    script.plot([
      "\(data) using 1:2:3:4:5:6 with boxxyerror fillstyle solid 1 noborder fillcolor rgb '#0072B2' title 'median'",
      "\(data) using 4:2:($4 < 100 ? sprintf(' %.3g', $4) : sprintf(' %.0f', $4)) with labels left font 'Arial,11' notitle",
    ])
    return Figure(
      script,
      caption: "Each bar has one idea more than the bar above it; all compute the same. The axis is logarithmic.")
  }

  /// What strategies cost over the width, beside one core's step.
  static func talking(_ file: LessonFile) -> Figure? {
    let widthRows = file.strategies?.widths ?? []
    guard widthRows.count > 1, let ranks = widthRows.first?.first?.ranks else { return nil }
    let all = widthRows.flatMap { $0 }
    let strategies = ["allreduce", "sharded", "shared"].filter { name in all.contains { $0.strategy == name } }
    var script = GnuplotScript(
      name: "talking", title: "One synchronisation beside one step, N = \(ranks)", subtitle: subtitle(file),
      entries: strategies.count + 1)
    widths(all.map(\.c), &script)
    LogarithmicAxis.add("y", around: all.flatMap { [$0.syncUs, $0.singleCoreUsPerStep] }, to: &script)
    script.add("set ylabel 'µs'")
    var parts: [String] = []
    let steps = widthRows.compactMap { $0.first }.map { [Double($0.c), $0.singleCoreUsPerStep] }
    if let data = script.data(steps, comment: "one core's step: C, µs") {
      parts.append("\(data) using 1:2 with linespoints lc rgb '#000000' lw 2 pt 6 ps 0.85 title 'one core: step'")
    }
    for strategy in strategies {
      let rows = all.filter { $0.strategy == strategy }.map { [Double($0.c), $0.syncUs] }
      guard let data = script.data(rows, comment: "\(strategy): C, µs") else { continue }
      parts.append("\(data) using 1:2 with linespoints \(Appearance.line(strategy).words()) title '\(strategy)'")
    }
    script.plot(parts)
    return Figure(
      script,
      caption:
        "From the last rank's arrival to the end of the exchange, without the update. Where the lines are close, talking "
        + "costs as much as working. Both axes are logarithmic.")
  }

  /// One core's step over N cores' over the width.
  static func cores(_ file: LessonFile) -> Figure? {
    let own = (file.scaling?.besideOneCore ?? []).filter { $0.speedup.isFinite }
    guard let first = own.first, Set(own.map(\.c)).count > 1 else { return nil }
    let (ranks, batch) = (first.ranks, first.batch)
    let strategies = own.distinct { $0.strategy }
    var script = GnuplotScript(
      name: "cores", title: "\(ranks) cores against one, B = \(batch)", subtitle: subtitle(file),
      entries: strategies.count + 2)
    widths(own.map(\.c), &script)
    script.add("set ylabel 'one core’s step / step'")
    script.add("set yrange [0:\(max(Double(ranks), own.map(\.speedupHigh).filter(\.isFinite).max() ?? 1) * 1.06)]")
    var parts = [
      "\(ranks) with lines lc rgb '#555555' lw 1.3 dt 2 title 'ideal'",
      "1 with lines lc rgb '#000000' lw 1.3 title 'one core'",
    ]
    for strategy in strategies {
      let points = own.filter { $0.strategy == strategy }.map {
        [Double($0.c), $0.speedup, $0.speedupLow, $0.speedupHigh]
      }
      guard let data = script.data(points, comment: "\(strategy): C, speed-up, 95 % interval") else { continue }
      let line = Appearance.line(strategy)
      parts.append("\(data) using 1:2:3:4 with yerrorbars lc rgb '\(line.colour)' lw 1.4 pt 0 notitle")
      parts.append(
        "\(data) using 1:2 with linespoints \(line.words()) title \(GnuplotScript.quoted(strategy, longest: 20))")
    }
    script.plot(parts)
    return Figure(
      script, caption: "Above the line at 1 the other cores pay. Bars: 95 % intervals; auto takes what is fastest here."
    )
  }

  /// What many ranks could be worth.
  static func ceiling(_ file: LessonFile) -> Figure? {
    let rows = (file.ceiling?.ceiling ?? []).filter { $0.mode == .strong }
    let cases = rows.distinct { Case($0) }
    guard let ranks = Set(rows.map(\.ranks)).max(), ranks > 1, let batch = cases.first?.batch else { return nil }
    var script = GnuplotScript(
      name: "ceiling", title: "What N cores could be worth, B = \(grouped(batch))", subtitle: subtitle(file),
      entries: cases.count + 1)
    let axis = RankAxis([1] + rows.map(\.ranks))
    axis.add(to: &script)
    LogarithmicAxis.add("y", around: [1, Double(ranks)], to: &script)
    script.add("set ylabel 'one core’s step / step'")
    var parts = ["x with lines lc rgb '#555555' lw 1.3 dt 2 title 'ideal'"]
    for (index, what) in cases.enumerated() {
      let own = rows.filter { Case($0) == what }.sorted { $0.ranks < $1.ranks }
      let points = [[1, 1, 1]] + own.map { [Double($0.ranks), $0.speedupCeiling, $0.expectedSpeedup] }
      guard let data = script.data(points, comment: "C = \(what.c): N, ceiling, expected") else { continue }
      let line = Appearance.line(number: index)
      parts.append("\(data) using 1:2 with linespoints \(line.words()) title 'C = \(what.c)'")
      parts.append("\(data) using 1:3 with lines \(line.dashed()) notitle")
    }
    script.plot(parts)
    return Figure(
      script,
      caption:
        "One core played all ranks, one after another. Lines with points: nobody waits and nothing is sent. Dotted: with "
        + "assumed prices of barriers and memory. Both axes are logarithmic.")
  }

  /// Core-seconds over the width, on one core and on all.
  static func cost(_ file: LessonFile) -> Figure? {
    let rows = file.scaling?.lessonCosts ?? []
    guard rows.count > 1, let ranks = rows.first?.ranks else { return nil }
    var script = GnuplotScript(
      name: "cost", title: "Core-seconds for a million names", subtitle: subtitle(file), entries: 2)
    widths(rows.map(\.c), &script)
    LogarithmicAxis.add("y", around: rows.flatMap { [$0.one, $0.several] }, to: &script)
    script.add("set ylabel 'core-seconds'")
    let parts = curves(
      [
        ("one core", Appearance.line(number: 0), rows.map { [Double($0.c), $0.one] }),
        (plural(ranks, "core"), Appearance.line(number: 4), rows.map { [Double($0.c), $0.several] }),
      ], of: "core-seconds", &script)
    script.plot(parts)
    return Figure(script, caption: "What the same names cost. Both axes are logarithmic.")
  }

  /// Points over C, a line for each title.
  private static func curves(
    _ curves: [(title: String, line: Appearance.Line, points: [[Double]])], of what: String,
    _ script: inout GnuplotScript
  ) -> [String] {
    curves.compactMap { title, line, points in
      script.data(points, comment: "\(title): C, \(what)").map {
        "\($0) using 1:2 with linespoints \(line.words()) title '\(title)'"
      }
    }
  }

  private static func widths(_ values: [Int], _ script: inout GnuplotScript) {
    MarkedAxis.add("x", at: values.map(Double.init), most: 8, to: &script)
    script.add("set xlabel 'width of the model C'")
  }
}

import Schemas
import Values

/// What the rate does: a map of rate and batch for each width, the best rate against batch, and the curves of the best.
enum RateFigures {
  static func figures(_ file: SweepFile) -> [Figure] {
    let trials = file.trials.filter { $0.outcome == "finished" && ($0.heldOutLoss ?? .nan).isFinite }
    let widths = Set(trials.map(\.c)).sorted()
    return widths.compactMap { map(file, trials, c: $0) }
      + [bestRates(file, trials), curves(file, trials)].compactMap { $0 }
  }

  /// A cell: the best held-out loss at a rate and a batch, whatever else was tried.
  private struct Cell {
    var batch: Int
    var rate, loss: Double
  }

  private static func cells(_ trials: [TrialRecord], c: Int) -> [Cell] {
    let own = trials.filter { $0.c == c }
    return own.map(\.batch).distinct { $0 }.sorted().flatMap { batch in
      own.filter { $0.batch == batch }.map(\.learningRate).distinct { $0 }.sorted().map { rate in
        let losses = own.filter { $0.batch == batch && $0.learningRate == rate }.compactMap(\.heldOutLoss)
        return Cell(batch: batch, rate: rate, loss: losses.min() ?? .infinity)
      }
    }
  }

  private static func map(_ file: SweepFile, _ trials: [TrialRecord], c: Int) -> Figure? {
    let cells = cells(trials, c: c)
    let (batches, rates) = (Set(cells.map(\.batch)).sorted(), Set(cells.map(\.rate)).sorted())
    // Cells of a random search hardly meet.
    guard (2...16).contains(batches.count), (2...16).contains(rates.count),
      let best = cells.min(by: { $0.loss < $1.loss })
    else { return nil }
    var script = GnuplotScript(
      name: "map-c\(c)", title: "Held-out loss by rate and batch, C = \(c)", subtitle: file.machine.inShort, entries: 0)
    func tics(_ texts: [String]) -> String {
      texts.enumerated().map { "'\($1)' \($0)" }.joined(separator: ", ")
    }
    script.add("set lmargin 9")
    script.add("unset key")
    script.add("unset grid")
    script.add("set xtics (\(tics(rates.map { "\($0)" }))) rotate by -35")
    script.add("set ytics (\(tics(batches.map { "\($0)" })))")
    script.add("set xrange [-0.5:\(Double(rates.count) - 0.5)]")
    script.add("set yrange [-0.5:\(Double(batches.count) - 0.5)]")
    script.add("set xlabel 'learning rate' offset 0,-0.6")
    script.add("set ylabel 'names in a batch'")
    script.add("set bmargin 4.6")
    // Beyond a few tenths all is bad alike.
    script.add("set cbrange [\(best.loss):\(best.loss + 0.25)]")
    script.add("set palette defined (0 '#08306B', 0.4 '#6BAED6', 1 '#F7FBFF')")
    script.add("unset colorbox")
    let rows = cells.map { cell in
      [
        Double(rates.firstIndex(of: cell.rate) ?? 0), Double(batches.firstIndex(of: cell.batch) ?? 0), cell.loss,
        cell.loss - best.loss < 0.1 ? 1 : 0,
      ]
    }
    guard let data = script.data(rows, comment: "rate, batch, held-out loss, whether the text is light"),
      let mark = script.data(
        [[Double(rates.firstIndex(of: best.rate) ?? 0), Double(batches.firstIndex(of: best.batch) ?? 0)]],
        comment: "the best")
    else { return nil }
    script.plot([
      "\(data) using 1:2:3 with image pixels",
      "\(data) using 1:2:(sprintf('%.3f', $3)):($4 > 0 ? 0xFFFFFF : 0x222222) with labels font 'Arial,9' tc rgb variable",
      "\(mark) using 1:2 with points pt 4 ps 4.4 lw 2 lc rgb '#D55E00'",
    ])
    return Figure(
      script, caption: "The best of what else was tried. The frame marks the best: \(fixed(best.loss, 4)) nats.")
  }

  private static func bestRates(_ file: SweepFile, _ trials: [TrialRecord]) -> Figure? {
    let widths = Set(trials.map(\.c)).sorted().filter { c in
      let cells = cells(trials, c: c)
      let batches = Set(cells.map(\.batch))
      return (2...16).contains(batches.count) && cells.count >= 2 * batches.count
    }
    guard !widths.isEmpty else { return nil }
    var script = GnuplotScript(
      name: "best-rates", title: "Best rate against batch", subtitle: file.machine.inShort, entries: widths.count)
    script.add("set lmargin 10")
    let all = widths.flatMap { cells(trials, c: $0) }
    LogarithmicAxis.add("x", around: all.map { Double($0.batch) }, to: &script)
    script.add("set logscale y")
    script.add("set xlabel 'names in a batch'")
    script.add("set ylabel 'learning rate'")
    var parts: [String] = []
    for (index, c) in widths.enumerated() {
      let own = cells(trials, c: c)
      let rows = Set(own.map(\.batch)).sorted().compactMap { batch -> [Double]? in
        let here = own.filter { $0.batch == batch }
        guard let best = here.min(by: { $0.loss < $1.loss }) else { return nil }
        let near = here.filter { $0.loss < best.loss + 0.01 }.map(\.rate)
        return [
          Double(batch) * (1 + 0.04 * Double(index)), best.rate, near.min() ?? best.rate, near.max() ?? best.rate,
        ]
      }
      guard let data = script.data(rows, comment: "C = \(c): batch, best rate, least and greatest within 0.01") else {
        continue
      }
      let line = Appearance.line(number: index)
      parts.append("\(data) using 1:2:3:4 with yerrorlines \(line.words()) title 'C = \(c)'")
    }
    script.plot(parts)
    return Figure(script, caption: "By held-out loss. Bars: the rates within 0.01 of the best.")
  }

  private static func curves(_ file: SweepFile, _ trials: [TrialRecord]) -> Figure? {
    let best = trials.filter { $0.curve.count > 1 && $0.seconds > 0 }
      .sorted { ($0.heldOutLoss ?? .nan) < ($1.heldOutLoss ?? .nan) }.prefix(5)
    guard let lowest = best.flatMap(\.curve).filter(\.isFinite).min() else { return nil }
    var script = GnuplotScript(
      name: "loss-curves", shape: .wide(rows: 10), title: "Training loss of the best", subtitle: file.machine.inShort,
      entries: best.count)
    script.add("set lmargin 10")
    script.add("set xrange [0:*]")
    script.add("set yrange [\(lowest - 0.03):\(lowest + 0.6)]")
    script.add("set xlabel 'seconds of the steps'")
    script.add("set ylabel 'training loss (nats per prediction)'")
    var parts: [String] = []
    for (index, trial) in best.enumerated() {
      let count = Double(trial.curve.count)
      let rows = trial.curve.enumerated().map { [trial.seconds * (Double($0) + 0.5) / count, $1] }
      guard let data = script.data(rows, comment: "seconds, loss") else { continue }
      parts.append(
        "\(data) using 1:2 with lines \(Appearance.line(number: index).words()) title "
          + "'C = \(trial.c), B = \(trial.batch), rate \(trial.learningRate)'")
    }
    script.plot(parts)
    return Figure(
      script,
      caption: "The five with the best held-out loss. Each point is the mean of one of 32 equal parts of the run.")
  }
}

import Schemas
import Values

/// Held-out loss by rate and batch as a map of cells, a figure for each width.
enum RateMap {
  /// The most rates, and the most batches, whose cells can be read.
  private static let most = 16

  static func figures(_ file: SweepFile) -> [Figure] {
    let widths = Dictionary(grouping: file.trials, by: \.c)
    return widths.keys.sorted().compactMap { c in figure(file, RateCell.cells(widths[c] ?? []), c: c) }
  }

  private static func figure(_ file: SweepFile, _ cells: [RateCell], c: Int) -> Figure? {
    let (batches, rates) = (Set(cells.map(\.batch)).sorted(), Set(cells.map(\.rate)).sorted())
    let losses = cells.compactMap(\.loss)
    // A random search leaves most of a map empty.
    guard (2...most).contains(batches.count), (2...most).contains(rates.count),
      2 * cells.count >= batches.count * rates.count, let best = losses.min(), let worst = losses.max()
    else { return nil }
    let isWide = rates.count > 9
    var script = GnuplotScript(
      name: "map-c\(c)", shape: isWide ? .wide(rows: 1.1 * Double(batches.count) + 2) : .half,
      title: "Held-out loss by rate and batch, C = \(c)", subtitle: file.machine.inShort, entries: 0)
    axes(batches, rates, cellWidth: (isWide ? 880 : 410) / Double(rates.count), &script)
    // Beyond a few tenths all is bad alike.
    let span = min(0.25, max(0.02, worst - best))
    script.add("set cbrange [\(best):\(best + span)]")
    script.add("set palette defined (0 '#08306B', 0.4 '#6BAED6', 1 '#F7FBFF')")
    script.add("unset colorbox")
    let rows = cells.map { cell in
      [
        Double(rates.firstIndex(of: cell.rate) ?? 0), Double(batches.firstIndex(of: cell.batch) ?? 0),
        cell.loss ?? .infinity,
      ]
    }
    script.plot(parts(rows, best: best, lightUpTo: best + 0.26 * span, &script))
    let crosses = losses.count < cells.count ? " No trial finished at a cross." : ""
    return Figure(
      script,
      caption: "The best of what else was tried, as the mean over its seeds, in nats per prediction. The frame marks"
        + " the best: \(TrialRecord.lossText(best)).\(crosses)")
  }

  /// - Parameter cellWidth: in px, within which a rate's text has to fit.
  private static func axes(_ batches: [Int], _ rates: [Double], cellWidth: Double, _ script: inout GnuplotScript) {
    func tics(_ texts: [String]) -> String {
      texts.enumerated().map { "'\($1)' \($0)" }.joined(separator: ", ")
    }
    script.add("unset key")
    script.add("unset grid")
    let texts = rates.map { "\($0)" }
    let room = cellWidth / (0.62 * Double(texts.map(\.count).max() ?? 1))
    script.add("set xtics (\(tics(texts))) scale 0 font 'Arial,\(fixed(min(13, room), 1))'")
    script.add("set ytics (\(tics(batches.map { grouped($0) }))) scale 0")
    script.add("set xrange [-0.5:\(Double(rates.count) - 0.5)]")
    script.add("set yrange [-0.5:\(Double(batches.count) - 0.5)]")
    script.add("set xlabel 'learning rate'")
    script.add("set ylabel 'names in a batch'")
  }

  /// - Parameter rows: places in x and y, and the loss; infinite where there is none.
  private static func parts(
    _ rows: [[Double]], best: Double, lightUpTo limit: Double, _ script: inout GnuplotScript
  ) -> [String] {
    let box = "using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5)"
    var parts: [String] = []
    if let data = script.data(rows, comment: "rate's place, batch's place, held-out loss") {
      parts.append("\(data) \(box):3 with boxxyerror fillstyle solid 1 border lc rgb '#ffffff' fillcolor palette lw 1")
      // Of a wild trial the number has no room.
      let text = "($3 < 100 ? sprintf('%.3f', $3) : 'wild'):($3 <= \(limit) ? 0xFFFFFF : 0x222222)"
      parts.append("\(data) using 1:2:\(text) with labels font 'Arial,10' tc rgb variable")
    }
    if let data = script.data(
      rows.filter { !$0[2].isFinite }.map { [$0[0], $0[1]] }, comment: "nothing finished: rate's place, batch's place")
    {
      parts.append("\(data) using 1:2 with points pt 2 ps 0.8 lw 1.2 lc rgb '#888888'")
    }
    if let data = script.data(rows.filter { $0[2] == best }.map { [$0[0], $0[1]] }, comment: "the best") {
      parts.append("\(data) \(box) with boxxyerror fillstyle empty lc rgb '#D55E00' lw 3.5")
    }
    return parts
  }
}

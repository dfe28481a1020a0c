import Glibc
import Schemas
import Values

/// The best rate against the batch, a curve for each width.
enum BestRates {
  /// By how much a rate's held-out loss may lie above the best one's.
  private static let margin = 0.01

  private struct Point {
    var batch: Int
    var best, least, greatest: Double
    /// Whether the best is the least or the greatest rate that was tried there.
    var isAtEnd: Bool
  }

  private struct Curve {
    var c: Int
    var points: [Point]
  }

  static func figures(_ file: SweepFile) -> [Figure] {
    let widths = Dictionary(grouping: file.trials, by: \.c)
    let curves = widths.keys.sorted().map { c in Curve(c: c, points: points(RateCell.cells(widths[c] ?? []))) }
      .filter { $0.points.count > 1 }
    return curves.isEmpty ? [] : [figure(file, curves)]
  }

  /// Where several rates were tried; none of a random search, which seldom meets a batch twice.
  private static func points(_ cells: [RateCell]) -> [Point] {
    let batches = Dictionary(grouping: cells, by: \.batch)
    let points = batches.keys.sorted().compactMap { batch -> Point? in
      let here = (batches[batch] ?? []).compactMap { cell in cell.loss.map { (rate: cell.rate, loss: $0) } }
      guard here.count > 1, let best = here.min(by: { $0.loss < $1.loss }) else { return nil }
      let near = here.filter { $0.loss <= best.loss + margin }.map(\.rate)
      let tried = (batches[batch] ?? []).map(\.rate)
      return Point(
        batch: batch, best: best.rate, least: near.min() ?? best.rate, greatest: near.max() ?? best.rate,
        isAtEnd: best.rate == tried.min() || best.rate == tried.max())
    }
    return 2 * points.count < batches.count ? [] : points
  }

  private static func figure(_ file: SweepFile, _ curves: [Curve]) -> Figure {
    var script = GnuplotScript(
      name: "best-rates", title: "Best rate against batch", subtitle: file.machine.inShort, entries: curves.count)
    script.add("set lmargin 10")
    let points = curves.flatMap(\.points)
    MarkedAxis.add("x", at: points.map { Double($0.batch) }, most: 12, to: &script)
    MarkedAxis.add("y", at: points.flatMap { [$0.least, $0.best, $0.greatest] }, most: 14, to: &script)
    script.add("set xlabel 'names in a batch'")
    script.add("set ylabel 'learning rate'")
    var parts: [String] = []
    for (index, curve) in curves.enumerated() {
      let aside = exp(min(0.08, 0.4 / Double(curves.count)) * (Double(index) - Double(curves.count - 1) / 2))
      let rows = curve.points.map { [Double($0.batch) * aside, $0.best, $0.least, $0.greatest] }
      guard
        let data = script.data(
          rows, comment: "C = \(curve.c): batch (moved aside), best rate, least and greatest within \(margin)")
      else { continue }
      parts.append(
        "\(data) using 1:2:3:4 with yerrorlines \(Appearance.line(number: index).words()) title 'C = \(curve.c)'")
    }
    script.plot(parts)
    let atEnd = points.count(where: \.isAtEnd)
    let beyond =
      atEnd == 0
      ? ""
      : " \(atEnd) of \(plural(points.count, "point")) lie at an end of the rates that were tried: the best may lie beyond."
    return Figure(
      script,
      caption: "By held-out loss. Bars: from the least to the greatest rate within \(margin) of the best.\(beyond)")
  }
}

import Schemas
import Values

extension ComparisonFile {
  /// For people.
  var text: String {
    var lines = Table(
      [("A", a), ("B", b), ("results of", command)], [.words { $0.0 }, .words { escaped($0.1) }]
    ).lines()
    if !differences.isEmpty {
      let columns: [Table<OriginDifference>.Column] = [
        .words { $0.what }, .words("A") { escaped($0.a ?? "–") }, .words("B") { escaped($0.b ?? "–") },
      ]
      lines += ["", "warning: A and B do not come from the same place"]
      lines += Table(differences, columns).lines(indent: 2)
    }
    lines += [""] + figureLines + [""] + rowLines("A", onlyInA) + rowLines("B", onlyInB)
    return (lines + notes).joined(separator: "\n")
  }

  private var figureLines: [String] {
    // A row's words once, before its first figure.
    let rows = figures.indices.map { index in
      (figure: figures[index], isFirst: index == 0 || figures[index - 1].row != figures[index].row)
    }
    return Table(
      rows,
      [
        .words("row") { $0.isFirst ? escaped($0.figure.row) : "" }, .words("figure") { $0.figure.figure },
        .number("A") { number($0.figure.a) }, .number("B") { number($0.figure.b) },
        .number("B / A") { $0.figure.ratio.map { fixed($0, 3) } ?? "–" },
        .words("interval") { interval($0.figure) }, .words { $0.figure.isMoreThanNoise == true ? "*" : "" },
      ]
    ).lines(indent: 2)
  }

  private func number(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    return value != 0 && abs(value) < 0.1 ? scientific(value) : significant(value)
  }

  private func interval(_ figure: FigureComparison) -> String {
    guard let low = figure.ratioLow, let high = figure.ratioHigh else { return "" }
    return "\(fixed(low, 3))–\(fixed(high, 3))"
  }

  private func rowLines(_ name: String, _ rows: [String]) -> [String] {
    rows.map { "only in \(name): \(escaped($0))" }
  }

  private var notes: [String] {
    let judged = figures.count { $0.isMoreThanNoise != nil }
    let kinds = Set(figures.compactMap(\.intervalOf))
    let means = [
      ("steps", "intervals of ratios are as wide as the inner 80 % of single steps makes them"),
      ("median", "intervals of ratios are those of medians, 95 %, and 2 % between two runs"),
      ("seeds", "intervals of ratios are of medians over seeds, at least 90 %"),
    ].filter { kinds.contains($0.0) }.map(\.1)
    guard judged > 0 else { return ["these files hold no spreads: which differences are noise is not known"] }
    let unjudged = figures.count - judged
    return means + [
      "\(beyondNoise.count) of \(judged) with an interval \(beyondNoise.count == 1 ? "differs" : "differ") "
        + "by more than noise (*)" + (unjudged > 0 ? "; \(unjudged) have none" : "")
    ]
  }
}

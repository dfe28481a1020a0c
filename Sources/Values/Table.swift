/// A table described once, by its columns: what each is called, and what it shows of a row. `lines` is its text; the
/// page of a scaling report makes HTML of the same.
package struct Table<Row> {
  package enum Side: String { case left, right }

  package struct Column {
    package let title: String
    /// On a page, where there is more room.
    package let pageTitle: String
    package let side: Side
    package let text: (Row) -> String
    /// An interval that belongs to the text.
    package var interval: ((Row) -> String)?
    /// The interval's title in text; nil where only a page shows it.
    package var intervalTitle: String?
    /// How dark a page shades the cell, from 0 to 1.
    package var shade: ((Row) -> Double)?

    package static func words(_ title: String = "", _ text: @escaping (Row) -> String) -> Column {
      Column(title: title, pageTitle: title, side: .left, text: text)
    }

    package static func number(
      _ title: String, page: String? = nil, shade: ((Row) -> Double)? = nil, _ text: @escaping (Row) -> String
    ) -> Column {
      Column(title: title, pageTitle: page ?? title, side: .right, text: text, shade: shade)
    }

    /// A number and its interval, both written by `format`.
    package static func measured(
      _ title: String, page: String? = nil, interval: String?, _ format: @escaping (Double) -> String,
      _ values: @escaping (Row) -> (Double, low: Double, high: Double)
    ) -> Column {
      Column(
        title: title, pageTitle: page ?? title, side: .right, text: { format(values($0).0) },
        interval: { "\(format(values($0).low))–\(format(values($0).high))" }, intervalTitle: interval)
    }
  }

  package let columns: [Column]
  package let rows: [Row]

  package init(_ rows: [Row], _ columns: [Column]) {
    self.rows = rows
    self.columns = columns
  }

  /// The titles' line, where there are titles, then one for each row; no spaces at the end.
  ///
  /// - Parameter indent: spaces before each line.
  package func lines(indent: Int = 0) -> [String] {
    let shown = columns.flatMap { column -> [(title: String, side: Side, text: (Row) -> String)] in
      let own = (column.title, column.side, column.text)
      guard let interval = column.interval, let title = column.intervalTitle else { return [own] }
      return [own, (title, .left, { "(\(interval($0)))" })]
    }
    let titles = shown.map(\.title)
    let cells = (titles.allSatisfy(\.isEmpty) ? [] : [titles]) + rows.map { row in shown.map { $0.text(row) } }
    let widths = shown.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.map { cells in
      let padded = zip(cells, zip(widths, shown)).map { cell, column in
        let space = String(repeating: " ", count: column.0 - cell.count)
        return column.1.side == .left ? cell + space : space + cell
      }
      let line = String(repeating: " ", count: indent) + padded.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}

/// Columns of text, numbers to the right.
package struct TextTable {
  package enum Side { case left, right }

  private let titles: [(title: String, side: Side)]
  private var rows: [[String]] = []

  package init(_ titles: [(title: String, side: Side)]) { self.titles = titles }

  package mutating func add(_ cells: [String]) {
    precondition(cells.count == titles.count)
    rows.append(cells)
  }

  /// - Returns: the titles' line, then one for each row; no spaces at the end.
  package var lines: [String] {
    let all = [titles.map(\.title)] + rows
    let widths = titles.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { cells in
      let padded = cells.indices.map { column in
        switch titles[column].side {
        case .left: cells[column].padded(to: widths[column])
        case .right: String(repeating: " ", count: widths[column] - cells[column].count) + cells[column]
        }
      }
      let line = "  " + padded.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}

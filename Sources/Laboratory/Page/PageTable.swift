import Schemas
import Values

/// A table as the page's template reads it, which sees stored properties only.
struct PageTable {
  struct Title {
    var title: String
    var side: String
  }

  struct Cell {
    var text: String
    /// Smaller, after the text: an interval.
    var beside: String?
    var style: String
    var side: String
  }

  struct Row { var cells: [Cell] }

  let titles: [Title]
  let rows: [Row]

  init<Shown>(_ table: Table<Shown>) {
    titles = table.columns.map { Title(title: $0.pageTitle, side: $0.side.className) }
    rows = table.rows.map { row in
      Row(
        cells: table.columns.map { column in
          Cell(
            text: column.text(row), beside: column.interval?(row), style: Self.style(column.shade?(row)),
            side: column.side.className)
        })
    }
  }

  /// - Parameter shade: 0…1; nil for none.
  private static func style(_ shade: Double?) -> String {
    guard let shade, shade.isFinite else { return "" }
    let strength = min(1, max(0, shade))
    // From white to the orange of the figures; black text stays readable on it.
    return "background: rgb(255, \(255 - Int(110 * strength)), \(255 - Int(190 * strength)))"
  }
}

extension Table.Side {
  /// The page's style sheet calls it so.
  fileprivate var className: String { self == .left ? "text" : "number" }
}

/// A line of progress, of fields that may be left out.
enum LiveLine {
  /// Where there is no room for all fields the least important are left out.
  typealias Field = (text: String, importance: Int)

  /// What fits into `width` columns.
  static func text(_ fields: [Field], within width: Int = .max) -> String {
    var fields = fields
    func joined() -> String { fields.map(\.text).joined(separator: "  ") }
    while fields.count > 1, joined().count > width {
      let least = fields.indices.min { fields[$0].importance < fields[$1].importance } ?? 0
      fields.remove(at: least)
    }
    return String(joined().prefix(max(width, 0)))
  }
}

/// Comma-separated values (RFC 4180): a line of names, then a line for each row. Names and units are the JSON's; what is
/// nil is empty.
public enum CSV {
  public static func encode<Row: FileRecord>(_ rows: [Row]) throws -> String {
    let names = try JSONTree(Row()).fields.map(\.key)
    let lines = try [names] + rows.map { try JSONTree($0).fields.map { text($0.value) } }
    return lines.map { $0.map(field).joined(separator: ",") + "\r\n" }.joined()
  }

  private static func text(_ value: JSONTree) -> String {
    switch value {
    case .null: ""
    case .text(let text): text
    case .number(let number): "\(number)"
    case .truth, .count, .list, .object: value.line
    }
  }

  /// In quotation marks where it must be, those inside doubled.
  private static func field(_ text: String) -> String {
    let special = text.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
    return special ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }
}

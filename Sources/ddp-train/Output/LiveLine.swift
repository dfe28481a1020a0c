import Foundation

/// A line of a terminal that is drawn again and again, on standard error.
enum LiveLine {
  /// Where there is no room for all fields the least important are left out.
  typealias Field = (text: String, importance: Int)

  /// Nanoseconds between two drawings.
  static let interval: UInt64 = 100_000_000

  static var isPossible: Bool { isatty(STDERR_FILENO) == 1 }

  static func draw(_ fields: [Field]) {
    // A line that wraps cannot be drawn over. The last column stays empty: some terminals wrap when it is filled.
    drawOnStandardError("\r\u{1b}[K" + text(fields, within: terminalColumns() - 1))
  }

  static func clear() { drawOnStandardError("\r\u{1b}[K") }

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

  /// The width of the terminal that standard error is; where it is none, what COLUMNS says, or 80.
  private static func terminalColumns() -> Int {
    var size = winsize()
    if ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    let said = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 0
    return said > 0 ? said : 80
  }
}

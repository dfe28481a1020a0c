import Values

/// Shows how far a command is that does one thing many times: files to check, names to write.
struct CountProgress {
  private let display: ProgressDisplay
  private let what: String
  private let count: Int
  private let start: Double

  /// - Parameter what: for people: "names".
  init(_ display: ProgressDisplay, _ what: String, of count: Int) {
    (self.display, self.what, self.count) = (display, what, count)
    start = display.seconds
    show(0)
  }

  /// - Parameter done: of them, now.
  func show(_ done: Int) {
    let (display, what, count, start, then) = (display, what, count, start, display.seconds)
    display.show {
      // The rate of what is over; the rest goes on meanwhile.
      let whole = (then - start) * Double(count) / Double(done)
      let left = done > 0 ? clock(seconds: max(0, whole - (display.seconds - start))) : "–"
      return [
        ("\(what) \(grouped(done))/\(grouped(count))", 2), ("\(fixed(100 * Double(done) / Double(count), 0)) %", 0),
        ("\(left) left", 1),
      ]
    }
  }
}

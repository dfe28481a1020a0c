import Values
import CSIMD
import DataParallel
import Foundation
import Laboratory

/// Shows rank 0's user how far the run is: one live line on a terminal, otherwise a line every so often.
///
/// Standard error decides and carries it: under mpirun standard output looks like a terminal even when it goes to
/// a file.
final class ProgressReporter {
  private enum Style { case live, lines, none }
  private let style: Style
  private let steps: Int
  private let linesEvery: Int
  private var nextDraw: UInt64 = 0
  private var nextLine: Int

  /// Nanoseconds between two drawings of the live line.
  private static let interval: UInt64 = 100_000_000

  /// - Parameter every: a line every k steps; nil for ten lines a run.
  init(mode: ProgressMode, steps: Int, every: Int?, quiet: Bool) {
    self.steps = steps
    linesEvery = every ?? max(steps / 10, 1)
    nextLine = linesEvery
    style =
      quiet || mode == .never ? .none : mode == .always || isatty(STDERR_FILENO) == 1 ? .live : .lines
  }

  func show(_ record: StepRecord) {
    switch style {
    case .none: return
    case .lines:
      // Records need not fall on these steps: the first one behind each is shown.
      guard record.step >= nextLine || record.step == steps else { return }
      nextLine = (record.step / linesEvery + 1) * linesEvery
      writeToStandardError(line(record) + "\n")
    case .live:
      let now = csimd_nanoseconds()
      guard now >= nextDraw || record.step == steps else { return }
      nextDraw = now + Self.interval
      // A line that wraps cannot be drawn over. The last column stays empty: some terminals wrap when it is filled.
      drawOnStandardError("\r\u{1b}[K" + line(record, within: terminalColumns() - 1))
    }
  }

  /// Leaves the live line.
  func finish() {
    if style == .live { drawOnStandardError("\r\u{1b}[K") }
  }

  /// What fits into `width` columns; of what does not, the least important is left out first.
  private func line(_ record: StepRecord, within width: Int = .max) -> String {
    let perStep = record.elapsedSeconds / Double(record.step)
    let share = 100 * (record.phases[.synchronisation] + record.phases[.wait]) / max(record.phases.total, 1)
    var fields: [(text: String, importance: Int)] = [
      ("step \(grouped(record.step))/\(grouped(steps))", 4),
      ("loss \(fixed(record.loss, 4))", 3),
      ("\(significant(record.microsecondsPerStep)) µs/step", 1),
      ("communication \(fixed(share, 0)) %", 0),
      ("\(clock(seconds: perStep * Double(steps - record.step))) left", 2),
    ]
    func joined() -> String { fields.map(\.text).joined(separator: "  ") }
    while fields.count > 1, joined().count > width {
      let least = fields.indices.min { fields[$0].importance < fields[$1].importance } ?? 0
      fields.remove(at: least)
    }
    return String(joined().prefix(max(width, 0)))
  }
}

/// The width of the terminal that standard error is; where it is none, what COLUMNS says, or 80.
private func terminalColumns() -> Int {
  var size = winsize()
  if ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
  let said = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 0
  return said > 0 ? said : 80
}

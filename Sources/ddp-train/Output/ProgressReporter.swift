import CSIMD
import DataParallel
import Laboratory
import Values

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
  /// The newest, for the live line.
  private var heldOut: Double?

  /// - Parameter every: a line every k steps; nil for ten lines a run.
  init(mode: ProgressMode, steps: Int, every: Int?, quiet: Bool) {
    self.steps = steps
    linesEvery = every ?? max(steps / 10, 1)
    nextLine = linesEvery
    style =
      quiet || mode == .never ? .none : mode == .always || LiveLine.isPossible ? .live : .lines
  }

  func show(_ record: StepRecord) {
    switch style {
    case .none: return
    case .lines:
      // Records need not fall on these steps: the first one behind each is shown.
      guard record.step >= nextLine || record.step == steps || record.heldOutLoss != nil else { return }
      nextLine = (record.step / linesEvery + 1) * linesEvery
      writeToStandardError(LiveLine.text(fields(record, heldOut: record.heldOutLoss)) + "\n")
    case .live:
      heldOut = record.heldOutLoss ?? heldOut
      let now = csimd_nanoseconds()
      guard now >= nextDraw || record.step == steps else { return }
      nextDraw = now + LiveLine.interval
      LiveLine.draw(fields(record, heldOut: heldOut))
    }
  }

  /// Leaves the live line.
  func finish() {
    if style == .live { LiveLine.clear() }
  }

  private func fields(_ record: StepRecord, heldOut: Double?) -> [LiveLine.Field] {
    let perStep = record.elapsedSeconds / Double(record.step)
    let share = record.communicationShare.map { "\(fixed(100 * $0, 0)) %" } ?? "–"
    let heldOutFields: [LiveLine.Field] = heldOut.map { [("held out \(fixed($0, 4))", 3)] } ?? []
    return [
      ("step \(grouped(record.step))/\(grouped(steps))", 4),
      ("loss \(fixed(record.loss, 4))", 3),
    ] + heldOutFields + [
      ("\(significant(record.microsecondsPerStep)) µs/step", 1),
      ("communication \(share)", 0),
      ("\(clock(seconds: perStep * Double(steps - record.step))) left", 2),
    ]
  }
}

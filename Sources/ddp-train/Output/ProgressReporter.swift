import DataParallel
import Values

/// Shows how far a run is, in steps.
///
/// Lines come at every so many steps besides.
final class ProgressReporter {
  private let display: ProgressDisplay
  private let steps: Int
  private let linesEvery: Int?
  private var nextLine: Int
  /// The newest, for the live line.
  private var heldOut: Double?

  /// - Parameters:
  ///   - begin: the steps that were done before.
  ///   - every: a line every k steps; nil for those alone that time asks for.
  init(_ display: ProgressDisplay, from begin: Int, to steps: Int, every: Int?) {
    (self.display, self.steps, linesEvery) = (display, steps, every)
    nextLine = every ?? .max
    let start = display.seconds
    display.begin {
      let step = max(begin, Whereabouts.current.step)
      let perStep = (display.seconds - start) / Double(step - begin)
      return [
        ("step \(grouped(step))/\(grouped(steps))", 1),
        ("\(step > begin ? clock(seconds: perStep * Double(steps - step)) : "–") left", 0),
      ]
    }
  }

  func show(_ record: StepRecord) {
    var isLine = record.step == steps
    if display.style == .live {
      heldOut = record.heldOutLoss ?? heldOut
    } else {
      heldOut = record.heldOutLoss
      // Records need not fall on these steps: the first one after each is shown.
      if let linesEvery, record.step >= nextLine {
        nextLine = (record.step / linesEvery + 1) * linesEvery
        isLine = true
      }
      isLine = linesEvery != nil && (isLine || heldOut != nil)
    }
    let (steps, heldOut) = (steps, heldOut)
    // A record may be old when it is drawn again; where the run is, it says itself.
    display.show(atOnce: isLine) {
      fields(record, heldOut: heldOut, step: max(record.step, Whereabouts.current.step), of: steps)
    }
  }
}

private func fields(_ record: StepRecord, heldOut: Double?, step: Int, of steps: Int) -> [LiveLine.Field] {
  let perStep = record.elapsedSeconds / Double(record.step)
  let share = record.communicationShare.map { "\(fixed(100 * $0, 0)) %" } ?? "–"
  let heldOutFields: [LiveLine.Field] = heldOut.map { [("held out \(fixed($0, 4))", 3)] } ?? []
  return [
    ("step \(grouped(step))/\(grouped(steps))", 4),
    ("loss \(fixed(record.loss, 4))", 3),
  ] + heldOutFields + [
    ("\(significant(record.microsecondsPerStep)) µs/step", 1),
    ("communication \(share)", 0),
    ("\(clock(seconds: perStep * Double(steps - step))) left", 2),
  ]
}

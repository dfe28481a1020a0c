import Schemas
import Values

/// Shows how far a sweep is.
final class SweepProgress {
  private let display: ProgressDisplay
  private var done = 0
  private var best: TrialRecord?

  init(_ display: ProgressDisplay) { self.display = display }

  func show(_ record: TrialRecord, doneShare: Double) {
    done += 1
    if let loss = record.heldOutLoss, loss < best?.heldOutLoss ?? .infinity { best = record }
    let (done, best, display, then) = (done, best, display, display.seconds)
    let whole = then / max(doneShare, 1e-9)
    display.show {
      var fields: [LiveLine.Field] = [("\(plural(done, "trial")) trained, \(fixed(100 * doneShare, 0)) %", 3)]
      if let best {
        fields.append(("best held-out loss \(fixed(best.heldOutLoss ?? .nan, 4)): \(best.settingsText)", 1))
      }
      return fields + [("\(clock(seconds: max(0, whole - display.seconds))) left", 2)]
    }
  }
}

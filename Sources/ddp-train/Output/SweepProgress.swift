import CSIMD
import Schemas
import Values

/// Shows rank 0's user how far a sweep is: one live line on a terminal, otherwise a line every ten seconds.
final class SweepProgress {
  private let mode: ProgressMode
  private let trials: Int
  private let isLive, isShown: Bool
  private let start = csimd_nanoseconds()
  private var done = 0
  private var best: TrialRecord?
  private var nextDraw: UInt64

  private static let nanosecondsPerLine: UInt64 = 10_000_000_000

  init(mode: ProgressMode, trials: Int, speaks: Bool) {
    (self.mode, self.trials) = (mode, trials)
    isShown = speaks && mode != .never
    isLive = mode == .always || LiveLine.isPossible
    nextDraw = start + (isLive ? 0 : Self.nanosecondsPerLine)
  }

  func show(_ record: TrialRecord, doneShare: Double) {
    done += 1
    if let loss = record.heldOutLoss, loss < best?.heldOutLoss ?? .infinity { best = record }
    let now = csimd_nanoseconds()
    guard isShown, now >= nextDraw else { return }
    nextDraw = now + (isLive ? LiveLine.interval : Self.nanosecondsPerLine)
    let elapsed = Double(now - start) * 1e-9
    var fields: [LiveLine.Field] = [("\(plural(done, "trial")) trained, \(fixed(100 * doneShare, 0)) %", 3)]
    if let best { fields.append(("best held-out loss \(fixed(best.heldOutLoss ?? .nan, 4)): \(best.settingsText)", 1)) }
    fields.append(("\(clock(seconds: elapsed / max(doneShare, 1e-9) - elapsed)) left", 2))
    if isLive { LiveLine.draw(fields) } else { writeToStandardError(LiveLine.text(fields) + "\n") }
  }

  /// Leaves the live line.
  func finish() {
    if isShown, isLive, done > 0 { LiveLine.clear() }
    done = 0
  }
}

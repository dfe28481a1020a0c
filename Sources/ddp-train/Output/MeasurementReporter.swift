import CSIMD
import DataParallel
import MPI
import Values

/// Shows rank 0's user how far a measurement is: one live line on a terminal, otherwise a line every ten seconds.
///
/// A measurement has parts, one after another; each tells its own progress.
final class MeasurementReporter {
  private let isShown: Bool
  private let isLive = LiveLine.isPossible
  private let seconds: Double
  /// Of the parts that are over: what they were to take, and what they took.
  private var (planned, taken) = (0.0, 0.0)
  private var part: (what: String, progress: Turns.Progress)?
  private var nextDraw: UInt64

  private static let nanosecondsPerLine: UInt64 = 10_000_000_000

  /// - Parameter seconds: of all parts together.
  init(seconds: Double, on world: Communicator) {
    self.seconds = seconds
    isShown = world.rank == 0
    nextDraw = isLive ? 0 : csimd_nanoseconds() + Self.nanosecondsPerLine
  }

  /// - Parameter what: the part that begins, for people: "d-model 64".
  /// - Returns: what is to hear of its progress.
  func part(_ what: String) -> (Turns.Progress) -> Void {
    { self.show(what, $0) }
  }

  private func show(_ what: String, _ progress: Turns.Progress) {
    if progress.rounds == 0, let before = part {
      planned += before.progress.turns.seconds
      taken += before.progress.elapsedSeconds
    }
    part = (what, progress)
    let now = csimd_nanoseconds()
    guard isShown, now >= nextDraw else { return }
    nextDraw = now + (isLive ? LiveLine.interval : Self.nanosecondsPerLine)
    let left = progress.secondsLeft + max(0, seconds - planned - progress.turns.seconds)
    let done = taken + progress.elapsedSeconds
    let fields: [LiveLine.Field] = [
      ("measuring \(what)", 2), ("\(fixed(100 * done / max(done + left, 1e-9), 0)) %", 0),
      ("\(clock(seconds: left)) left", 1),
    ]
    if isLive { LiveLine.draw(fields) } else { writeToStandardError(LiveLine.text(fields) + "\n") }
  }

  /// Leaves the live line.
  func finish() {
    if isShown, isLive, part != nil { LiveLine.clear() }
    part = nil
  }
}

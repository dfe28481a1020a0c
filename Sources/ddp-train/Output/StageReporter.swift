import CSIMD
import MPI
import Values

/// Shows rank 0's user what a command of many stages does now: one live line on a terminal, otherwise a line for each
/// stage.
final class StageReporter {
  private let isShown: Bool
  private let isLive = LiveLine.isPossible
  private let start = csimd_nanoseconds()
  private var hasDrawn = false

  init(on world: Communicator) { isShown = world.rank == 0 }

  func show(_ stage: String) {
    guard isShown else { return }
    hasDrawn = true
    let fields: [LiveLine.Field] = [
      (clock(seconds: Double(csimd_nanoseconds() - start) * 1e-9), 0), (stage, 1),
    ]
    if isLive { LiveLine.draw(fields) } else { writeToStandardError(LiveLine.text(fields) + "\n") }
  }

  /// Leaves the live line.
  func finish() {
    if isShown, isLive, hasDrawn { LiveLine.clear() }
    hasDrawn = false
  }
}

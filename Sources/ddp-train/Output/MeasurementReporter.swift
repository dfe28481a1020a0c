import CSIMD
import DataParallel
import MPI
import Values

/// Shows how far a measurement is that has parts, one after another; each tells its own progress.
final class MeasurementReporter {
  private let display: ProgressDisplay
  private let seconds: Double
  /// Of the parts that are over: what they were to take, and what they took.
  private var (planned, taken) = (0.0, 0.0)
  private var part: Turns.Progress?

  /// - Parameter seconds: of all parts together.
  init(_ mode: ProgressMode, seconds: Double, on world: Communicator) {
    display = ProgressDisplay(mode, on: world)
    self.seconds = seconds
  }

  /// What is done beside the parts, and takes a while.
  func begin(stage: String) { display.begin(stage: stage) }

  /// - Parameter what: the part that begins, for people: "d-model 64".
  /// - Returns: what is to hear of its progress.
  func part(_ what: String) -> (Turns.Progress) -> Void {
    { self.show(what, $0) }
  }

  private func show(_ what: String, _ progress: Turns.Progress) {
    if progress.rounds == 0, let before = part {
      planned += before.turns.seconds
      taken += before.elapsedSeconds
    }
    part = progress
    let (taken, at) = (taken + progress.elapsedSeconds, csimd_nanoseconds())
    let left = progress.secondsLeft + max(0, seconds - planned - progress.turns.seconds)
    display.show {
      let since = Double(csimd_nanoseconds() - at) * 1e-9
      let (done, left) = (taken + since, max(0, left - since))
      return [
        ("measuring \(what)", 2), ("\(fixed(100 * done / max(done + left, 1e-9), 0)) %", 0),
        ("\(clock(seconds: left)) left", 1),
      ]
    }
  }

  /// Leaves the live line.
  func finish() { display.finish() }
}

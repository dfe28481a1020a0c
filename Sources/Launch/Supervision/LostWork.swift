/// Steps that were done twice, because an attempt began before the step that the one before it had reached.
///
/// Their time is what they took the first time: their number times the seconds per step of the attempt that did them,
/// from its begin until a rank was first seen at its furthest step. Signs come once a second, so both are known to
/// about a second's work.
struct LostWork {
  private(set) var steps = 0
  private(set) var seconds = 0.0
  /// Of the last attempt that came to train.
  private var reached: (step: Int, secondsPerStep: Double)?

  mutating func failed(begun: (step: Int, at: Double), furthest: (step: Int, at: Double)) {
    let count = furthest.step - begun.step
    reached = (max(begun.step, furthest.step), count > 0 ? max(0, furthest.at - begun.at) / Double(count) : 0)
  }

  mutating func beginsAgain(at step: Int) {
    guard let reached, reached.step > step else { return }
    let lost = reached.step - step
    let (sum, isTooLarge) = steps.addingReportingOverflow(lost)
    steps = isTooLarge ? .max : sum
    seconds += Double(lost) * reached.secondsPerStep
  }
}

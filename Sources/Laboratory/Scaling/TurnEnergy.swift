import DataParallel

/// Energy of a training's turns, warming up included, and the names of their steps.
final class TurnEnergy {
  /// A counter that goes on, in joules; nil where it cannot be read.
  typealias Counter = () -> Double?

  private var joules: Double? = 0
  private var names = 0

  /// - Parameter counter: nil where nothing is measured.
  func turn(_ training: TimedTraining, _ counter: Counter?) throws {
    let before = counter?()
    let stepsBefore = training.stepsRun
    try training.turn()
    names += (training.stepsRun - stepsBefore) * training.settings.batch
    guard let before, let joules, let after = counter?() else {
      self.joules = nil
      return
    }
    self.joules = joules + after - before
  }

  /// In joules; nil where a turn was not measured.
  var perMillionNames: Double? { names > 0 ? joules.map { $0 / Double(names) * 1e6 } : nil }
}

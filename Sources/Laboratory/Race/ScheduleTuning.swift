import Foundation

/// The length of a finalist's schedule, by the losses of several seeds: as short as it may be for nine of ten seeds to
/// reach the goal, so that four of five others are likely to.
struct ScheduleTuning {
  private let goal: Goal
  /// To be tried next.
  private(set) var trial: Trial
  /// The shortest that will do, of those that were tried.
  private var accepted: Trial?
  /// The most steps that were too few.
  private var tooFew = 0
  private(set) var isSettled = false

  /// Standard deviations of a normal distribution below which nine of ten lie, and the least that seeds differ by.
  private static let (deviations, leastDeviation) = (1.28, 0.0015)
  /// A goal that is passed by less is met.
  private static let tolerance = 0.001
  /// Schedules whose lengths are as near to each other are the same.
  private static let nearEnough = 1.02

  init(_ goal: Goal, _ trial: Trial) { (self.goal, self.trial) = (goal, trial) }

  /// What is to be run for real.
  var best: Trial { accepted ?? trial }

  /// Hears the losses of the present trial's seeds.
  mutating func hear(_ losses: [Double]) {
    let mean = losses.reduce(0, +) / Double(losses.count)
    let variance = losses.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(max(losses.count - 1, 1))
    let deviation = max(variance.squareRoot(), Self.leastDeviation)
    let excess = mean + Self.deviations * deviation - goal.target
    // A trial that diverged says nothing of how much longer another must be.
    let factor = excess.isFinite ? exp(excess / -ShortestSchedule.usualSlope) : 1.25
    let wanted = Double(trial.steps)
    if excess > 0 {
      tooFew = max(tooFew, trial.steps)
    } else {
      accepted = trial
    }
    guard let accepted else {
      trial = trial.lasting(Int((wanted * min(max(factor, 1.015), 1.25)).rounded(.up)))
      return
    }
    isSettled = (excess <= 0 && excess > -Self.tolerance) || Double(accepted.steps) < Self.nearEnough * Double(tooFew)
    // Between what will do and what will not; where that is not known, shorter.
    let next =
      tooFew > 0
      ? (Double(accepted.steps) * Double(tooFew)).squareRoot() : Double(accepted.steps) * min(max(factor, 0.9), 0.985)
    trial = accepted.lasting(Int(next))
  }
}

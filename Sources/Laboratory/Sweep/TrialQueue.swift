import DataParallel
import Schemas

/// What a search hands out, and what it makes of what comes back.
public protocol TrialQueue: AnyObject {
  /// The next trial to train; nil where there is none now.
  func next() -> Trial?

  /// Hears what became of a trial that `next` gave.
  func finished(_ record: TrialRecord, of trial: Trial)

  /// Whether nothing more comes, whatever comes back.
  var isDone: Bool { get }

  /// How much of the work has come back, from 0 to 1.
  var doneShare: Double { get }
}

extension Trial {
  /// What it costs, in units of no meaning: for their order, and for how much is left.
  ///
  /// - Parameter calibration: what is known of step times.
  func cost(_ calibration: Calibration?) -> Double {
    let names = Double(Calibration.batches(of: self).reduce(0, +)) / Double(batchRamp + 1)
    // A step's arithmetic per name, and its update, in parameters.
    let usual = Double(shape.parameterCount) * (names * 0.12 + 4) * 1e-3
    return Double(steps) * (calibration?.microseconds(of: self) ?? usual)
  }
}

/// Each trial once, the longest first: what is left at the end is short, and no rank is idle for long.
public final class FullQueue: TrialQueue {
  private var left: [Trial]
  private let calibration: Calibration?
  private let total: Double
  private var done = 0.0

  public init(_ trials: [Trial], _ calibration: Calibration?) {
    self.calibration = calibration
    let costs = trials.map { $0.cost(calibration) }
    total = costs.reduce(0, +)
    // Taken from the end; of equal ones the first in the plan comes first.
    left = trials.indices.sorted { (costs[$0], -$0) < (costs[$1], -$1) }.map { trials[$0] }
  }

  public func next() -> Trial? { left.popLast() }
  public func finished(_ record: TrialRecord, of trial: Trial) { done += trial.cost(calibration) }
  public var isDone: Bool { left.isEmpty }
  public var doneShare: Double { total > 0 ? done / total : 1 }
}

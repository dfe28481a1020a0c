import DataParallel
import Schemas

/// Successive halving: every trial trains for a fraction of its steps, the best go on to a longer rung, and the last
/// rung has the full length. Each rung is a training of its own from the first step, whose learning rate falls to 0 over
/// the rung's own length: the loss half way through a long schedule is not the loss of a short one.
///
/// Trials go on by their held-out loss, of several seeds by the mean. A rung begins when the one before is whole: so
/// neither timing nor the number of ranks decides anything.
public struct HalvingScheme: Sendable, Equatable {
  /// η: one of so many goes on.
  public var keep: Int
  /// How much longer each rung is than the one before.
  public var stretch: Double
  public var rungs: Int

  public init(keep: Int, stretch: Double = 3, rungs: Int = 3) {
    (self.keep, self.stretch, self.rungs) = (keep, stretch, rungs)
  }

  /// The share of a trial's steps that a rung trains, of rungs from 0.
  func share(_ rung: Int) -> Double { 1 / powerOf(stretch, Double(rungs - 1 - rung)) }
}

/// Rung after rung, each the longest trial first.
public final class HalvingQueue: TrialQueue {
  private let scheme: HalvingScheme
  private let calibration: Calibration?
  private var rung = 0
  private var queue: FullQueue
  /// Settings still in the race, each with its seeds.
  private var settings: [[Trial]]
  /// Records of this rung, by their trials.
  private var records: [Trial: TrialRecord] = [:]
  private var outstanding: Int
  /// Records of earlier processes.
  private let recorded: [Trial: TrialRecord]
  private let onRung: (TrialRecord, Trial) -> Void

  /// - Parameters:
  ///   - trials: in full length; those that differ in nothing but the seed stand together.
  ///   - recorded: of an earlier process; they are not trained again.
  ///   - onRung: hears of each record with the trial in full length that it stands for.
  public init(
    _ trials: [Trial], _ scheme: HalvingScheme, _ calibration: Calibration?, recorded: [Trial: TrialRecord],
    onRung: @escaping (TrialRecord, Trial) -> Void
  ) {
    (self.scheme, self.calibration, self.recorded, self.onRung) = (scheme, calibration, recorded, onRung)
    settings = Self.bySettings(trials)
    queue = FullQueue([], nil)
    outstanding = 0
    begin()
  }

  public var isDone: Bool { outstanding == 0 && rung == scheme.rungs - 1 }
  /// Rungs count alike.
  public var doneShare: Double { (Double(rung) + queue.doneShare) / Double(scheme.rungs) }

  public func next() -> Trial? { queue.next() }

  public func finished(_ record: TrialRecord, of trial: Trial) {
    queue.finished(record, of: trial)
    take(record, of: trial)
    advance()
  }

  private func take(_ record: TrialRecord, of trial: Trial) {
    records[trial] = record
    outstanding -= 1
  }

  /// The rung's trials: those that an earlier process recorded are known already.
  private func begin() {
    let trials = settings.flatMap { $0 }.map { shortened($0) }
    outstanding = trials.count
    records = [:]
    queue = FullQueue(trials.filter { recorded[$0] == nil }, calibration)
    for trial in trials { if let record = recorded[trial] { take(record, of: trial) } }
    advance()
  }

  private func advance() {
    guard outstanding == 0 else { return }
    for trial in settings.flatMap({ $0 }) {
      guard var record = records[shortened(trial)] else { continue }
      record.rung = rung
      onRung(record, trial)
    }
    guard rung < scheme.rungs - 1 else { return }
    let kept = (settings.count + scheme.keep - 1) / scheme.keep
    let losses = settings.map { meanLoss($0) }
    let order = settings.indices.sorted { (losses[$0], $0) < (losses[$1], $1) }
    settings = order.prefix(kept).sorted().map { settings[$0] }
    rung += 1
    begin()
  }

  /// Held out; infinite where a seed came to nothing.
  private func meanLoss(_ seeds: [Trial]) -> Double {
    let losses = seeds.map { records[shortened($0)]?.heldOutLoss ?? .infinity }
    return losses.reduce(0, +) / Double(losses.count)
  }

  private func shortened(_ trial: Trial) -> Trial {
    trial.lasting(Int((Double(trial.steps) * scheme.share(rung)).rounded()))
  }

  private static func bySettings(_ trials: [Trial]) -> [[Trial]] {
    var groups: [[Trial]] = []
    var places: [Trial: Int] = [:]
    for trial in trials {
      var key = trial
      key.seed = 0
      if let place = places[key] {
        groups[place].append(trial)
      } else {
        places[key] = groups.count
        groups.append([trial])
      }
    }
    return groups
  }
}

import DataParallel
import Foundation
import GPT
import MPI
import Schemas

/// What a step takes by width, heads and batch. Measured once, kept in the results file, and used again by whoever goes
/// on with that file: a budget in seconds then means the same steps for all.
public struct Calibration: Sendable {
  /// What decides a step's time.
  struct Case: Hashable, Sendable {
    var shape: Shape
    var batch: Int
  }

  private var times: [Case: Double] = [:]

  /// Seconds of steps that are timed per case.
  private static let secondsPerCase = 0.05

  public init(_ records: [CalibrationRecord] = []) throws {
    for record in records {
      let shape = try Shape(dModel: record.c, heads: record.heads)
      guard record.usPerStep.isFinite, record.usPerStep > 0, record.batch > 0 else {
        throw ReportError.notAReport("a calibration of \(record.usPerStep) µs per step at batch \(record.batch)")
      }
      times[Case(shape: shape, batch: record.batch)] = record.usPerStep
    }
  }

  /// As a results file has them, in order.
  public var records: [CalibrationRecord] {
    times.map { Self.record($0, $1) }.sorted { ($0.c, $0.heads, $0.batch) < ($1.c, $1.heads, $1.batch) }
  }

  private static func record(_ what: Case, _ time: Double) -> CalibrationRecord {
    CalibrationRecord {
      ($0.c, $0.heads, $0.batch, $0.usPerStep) = (what.shape.dModel, what.shape.heads, what.batch, time)
    }
  }

  /// Mean over a trial's steps, in µs: a batch that grows has several.
  ///
  /// - Returns: nil where it was not measured.
  public func microseconds(of trial: Trial) -> Double? {
    let own = Self.batches(of: trial).map { microseconds(trial.shape, batch: $0) }
    let known = own.compactMap { $0 }
    return known.count == own.count ? known.reduce(0, +) / Double(known.count) : nil
  }

  /// A step's time grows with its batch in a line, nearly: between two batches that were measured it is on theirs.
  private func microseconds(_ shape: Shape, batch: Int) -> Double? {
    let (below, above) = Self.neighbours(batch)
    guard let low = times[Case(shape: shape, batch: below)] else { return nil }
    guard below < above, let high = times[Case(shape: shape, batch: above)] else { return below == above ? low : nil }
    return low + (high - low) * Double(batch - below) / Double(above - below)
  }

  /// The batches that a trial has, of which each is as many of its steps.
  static func batches(of trial: Trial) -> [Int] { (0...trial.batchRamp).map { max(trial.batch >> $0, 1) } }

  /// The nearest batches that are measured, below and above: 1, 2, 3, 4, 6, 8, 12, … A random search has as many batches
  /// as trials.
  static func neighbours(_ batch: Int) -> (below: Int, above: Int) {
    var (below, above) = (1, 1)
    while above < batch {
      below = above
      above = above.nonzeroBitCount == 1 ? max(above * 3 / 2, above + 1) : above / 3 * 4
    }
    return above == batch ? (batch, batch) : (below, above)
  }

  private static func cases(_ trial: Trial) -> [Case] {
    batches(of: trial).flatMap { batch in
      let (below, above) = neighbours(batch)
      return [Case(shape: trial.shape, batch: below), Case(shape: trial.shape, batch: above)]
    }
  }

  /// Measures what is missing, each case by one group of ranks, all of them at work. Collective over `world`.
  ///
  /// - Returns: what was measured, in the order of the trials; the same on all ranks.
  /// - Throws: `Stopped` on all ranks.
  mutating func measure(
    _ trials: [Trial], _ data: TrialData, group: Communicator, groups: Int, groupIndex: Int, world: Communicator
  ) throws -> [CalibrationRecord] {
    let missing = trials.flatMap { Self.cases($0) }.distinct { $0 }.filter { times[$0] == nil }
    var own = [Double](repeating: 0, count: missing.count)
    for (index, wanted) in missing.enumerated() where index % groups == groupIndex {
      let timed = TimedCase(shape: wanted.shape, batch: wanted.batch, engine: data.engine)
      let training = try TimedTraining(timed.settings, names: data.training, group: group.size > 1 ? group : nil)
      try Turns(seconds: Self.secondsPerCase, leastRounds: 3).run(over: group.size > 1 ? group : nil) {
        try training.turn()
      }
      let median = try training.sample().median
      try training.close()
      own[index] = group.rank == 0 ? median : 0
    }
    try StopSignal.check(over: world)
    let all = try world.allReduce(own, .sum)
    return zip(missing, all).map { wanted, time in
      times[wanted] = time
      return Self.record(wanted, time)
    }
  }
}

func powerOf(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

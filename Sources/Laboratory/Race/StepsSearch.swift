import DataParallel
import Foundation
import GPT
import Schemas

/// Finds, for each of a few batches, the rate and the fewest steps that reach a goal: all batches at once, so that no
/// rank is idle.
struct StepsSearch {
  /// A batch's best, and how many steps it takes.
  struct Found: Sendable {
    var trial: Trial
    /// Nil where the goal was not reached; then `trial` came nearest.
    var steps: Int?
    var nearestLoss: Double
  }

  private let goal: Goal
  private let schedule: LearningRateSchedule

  /// A warm-up of a twentieth of the steps saves about as many: 0.002 in the loss, in sweeps at B = 192.
  static let stepsPerWarmUp = 20
  /// Rates that are tried, over the usual one, and seeds of the later rounds.
  private static let rateFactors = [0.75, 1, 1.33]
  private static let seeds: [UInt64] = [1, 2]
  private static let rounds = 4
  /// Steps of the first trials at B = 206: a goal that nothing reaches is to be found out in a minute or two.
  private static let mostAtFirst = 8000.0

  init(_ goal: Goal, schedule: LearningRateSchedule) { (self.goal, self.schedule) = (goal, schedule) }

  /// What is searched for by itself: a batch, of all ranks in every step or of groups.
  struct Cell: Sendable {
    var batch: Int
    var rounds: Trial.Rounds?
  }

  /// Collective over the team.
  ///
  /// - Parameter share: of the race's time, after which no trial begins; a search that is cut short finds less.
  func run(
    _ shape: Shape, cells: [Cell], team: RaceTeam, until share: Double, progress: (RaceProgress) -> Void
  ) throws -> [Found] {
    var searches = cells.map { ShortestSchedule(goal, firstGuess: firstGuess(batch: $0.batch)) }
    var rates = cells.map { Self.usualRate(shape, batch: $0.batch) }
    for round in 0..<Self.rounds {
      let open = cells.indices.filter { !searches[$0].isHopeless }
      guard !open.isEmpty, try team.hasTime(of: share) else { break }
      progress(.stage("steps to the target, C \(shape.dModel), round \(round + 1) of \(Self.rounds)"))
      let factors = round == 0 ? Self.rateFactors : [1]
      let seeds = round == 0 ? [Self.seeds[0]] : Self.seeds
      let trials = open.flatMap { index in
        factors.flatMap { factor in
          seeds.map {
            trial(shape, cells[index], threeDigits(rates[index] * factor), searches[index].steps, seed: $0)
          }
        }
      }
      let records = try team.train(trials, until: share)
      let each = factors.count * seeds.count
      for (place, index) in open.enumerated() {
        let own = records[place * each..<(place + 1) * each].compactMap { $0 }
        if round == 0 {
          guard let best = own.min(by: { judged($0, usual: rates[index]) < judged($1, usual: rates[index]) }) else {
            continue
          }
          rates[index] = best.learningRate
          searches[index].hear(goal.loss(of: best))
        } else if own.count == each {
          searches[index].hear(own.map { goal.loss(of: $0) }.reduce(0, +) / Double(own.count))
        }
      }
    }
    return cells.indices.map { index in
      let steps = searches[index].reached
      return Found(
        trial: trial(shape, cells[index], rates[index], steps ?? searches[index].steps, seed: Self.seeds[0]),
        steps: steps, nearestLoss: searches[index].nearest)
    }
  }

  /// One seed's loss says less than many sweeps': another rate than the usual one must be better by more than chance.
  private func judged(_ record: TrialRecord, usual: Double) -> Double {
    goal.loss(of: record) - (record.learningRate == usual ? ShortestSchedule.margin / 2 : 0)
  }

  private func trial(_ shape: Shape, _ cell: Cell, _ rate: Double, _ steps: Int, seed: UInt64) -> Trial {
    var trial = Trial(shape: shape, batch: cell.batch, steps: steps, learningRate: rate)
    trial.rounds = cell.rounds
    (trial.schedule, trial.warmUp, trial.seed) = (schedule, steps / Self.stepsPerWarmUp, seed)
    return trial
  }

  /// Rates grow with the root of the batch, and fall with the width. From sweeps of C = 16 … 64, B = 16 … 512.
  static func usualRate(_ shape: Shape, batch: Int) -> Double {
    threeDigits(0.0011 * Double(batch).squareRoot() * 32 / Double(shape.dModel))
  }

  /// By a rough law of the same sweeps: loss = 1.78 + 1.32 / S^¼ at B = 206, and the hyperbola in B. The search makes up
  /// for what it misses.
  private func firstGuess(batch: Int) -> Int {
    let above = max(goal.target - (goal.judge == .heldOut ? 0.045 : 0) - 1.78, 0.1)
    let noise = 1000.0
    return Int(min(pow(1.32 / above, 4), Self.mostAtFirst) * (1 + noise / Double(batch)) / (1 + noise / 206))
  }
}

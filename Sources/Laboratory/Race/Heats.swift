import DataParallel
import GPT
import Schemas
import Values

/// Runs for real: the reference and every contender in turns, each turn with a seed that no search has used.
struct Heats {
  /// A configuration on some ranks.
  struct Contender: Sendable {
    var trial: Trial
    var ranks: Int
    /// Whether each rank trains one of its own, instead of all training one.
    var severalAtOnce = false
  }

  private let goal: Goal
  private let team: RaceTeam

  static let seeds: [UInt64] = [101, 102, 103, 104, 105]
  /// C 32, B 256, rate 0.012, 1,500 steps, falling in a line, on one core.
  static func reference() throws -> Trial {
    Trial(shape: try Shape(dModel: 32, heads: 4), batch: 256, steps: 1500, learningRate: 0.012)
  }

  init(_ goal: Goal, team: RaceTeam) { (self.goal, self.team) = (goal, team) }

  /// Collective over the team.
  ///
  /// - Parameter hasTime: whether there is time for another turn as long as the ones before; asked after the first.
  /// - Returns: of the reference, and of each contender, in their order, with as many seeds as there was time for.
  func run(
    _ contenders: [Contender], hasTime: (Double) throws -> Bool, progress: (RaceProgress) -> Void
  ) throws -> (reference: RaceResult, contenders: [RaceResult]) {
    let all = [Contender(trial: try Self.reference(), ranks: 1)] + contenders
    var runs = [[Run]](repeating: [], count: all.count)
    var longest = 0.0
    for (turn, seed) in Self.seeds.enumerated() {
      if turn > 0, try !hasTime(longest) { break }
      progress(.stage("run for real, turn \(turn + 1) of \(Self.seeds.count)"))
      let start = ContinuousClock.now
      for index in all.indices {
        runs[index].append(try run(all[index], seed: seed))
        progress(.share(Double(index + 1) / Double(all.count)))
      }
      longest = max(longest, start.duration(to: .now) / .seconds(1))
    }
    let results = all.indices.map { result(all[$0], runs[$0], reference: runs[0]) }
    return (results[0], Array(results.dropFirst()))
  }

  /// One run, or the best of several at once.
  private struct Run {
    var seed: SeedResult
    var record: TrialRecord
  }

  private func run(_ contender: Contender, seed: UInt64) throws -> Run {
    var trial = contender.trial
    trial.seed = seed
    guard contender.severalAtOnce else { return run(of: try team.train(trial, on: contender.ranks)) }
    let trials = (0..<team.world.size).map { rank in
      var own = trial
      own.seed = seed + UInt64(1000 * rank)
      return own
    }
    let records = try team.trainTogether(trials)
    let reaching = records.filter { goal.isReached(by: $0) }
    let best = (reaching.isEmpty ? records : reaching).min { $0.seconds < $1.seconds }
    return run(of: best ?? records[0])
  }

  private func run(of record: TrialRecord) -> Run {
    Run(
      seed: SeedResult {
        ($0.seed, $0.reached, $0.seconds) = (record.seed, goal.isReached(by: record), record.seconds)
        ($0.trainingLoss, $0.heldOutLoss) = (record.trainingLoss, record.heldOutLoss)
      }, record: record)
  }

  private func result(_ contender: Contender, _ runs: [Run], reference: [Run]) -> RaceResult {
    let seeds = runs.map(\.seed)
    let ratios = zip(runs, reference).map { $0.record.seconds / $1.record.seconds }
    let record = contender.trial.record
    return RaceResult {
      ($0.c, $0.heads, $0.batch, $0.learningRate) = (record.c, record.heads, record.batch, record.learningRate)
      ($0.steps, $0.schedule, $0.warmUp, $0.beta2) = (record.steps, record.schedule, record.warmUp, record.beta2)
      ($0.batchRamp, $0.average, $0.ranks) = (record.batchRamp, record.average, contender.ranks)
      $0.use = contender.severalAtOnce ? "several at once" : contender.trial.rounds == nil ? "one training" : "groups"
      ($0.groups, $0.syncEvery) = (record.groups, record.syncEvery)
      if record.groups != nil {
        ($0.outer, $0.outerRate, $0.outerMomentum) = team.data.outer.record
        $0.syncOverlap = team.data.overlaps
      }
      ($0.seeds, $0.reached) = (seeds, Goal.isReached(by: seeds))
      $0.secondsToTarget = $0.reached ? Sample(seeds.map(\.seconds)).median : nil
      $0.trainingLoss = Sample(seeds.compactMap(\.trainingLoss)).median
      $0.heldOutLoss = Sample(seeds.compactMap(\.heldOutLoss)).median
      ($0.ratio, $0.ratioLow, $0.ratioHigh) = (Sample(ratios).median, ratios.min(), ratios.max())
      $0.curve = runs.first?.record.curve ?? []
    }
  }
}

extension OuterUpdate {
  /// As a file has it.
  fileprivate var record: (name: String, rate: Double?, momentum: Double?) {
    switch self {
    case .average: ("average", nil, nil)
    case .nesterov(let rate, let momentum): ("nesterov", rate, momentum)
    }
  }
}

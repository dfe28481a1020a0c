import DataParallel
import Foundation
import GPT
import MPI
import Schemas
import Values

/// The fastest way to a loss, on one core and on N ranks: a search for the shortest schedules, then runs for real.
public final class Race {
  public struct Plan: Sendable {
    public var goal: Goal
    public var shapes: [Shape]
    public var batches: [Int]
    public var schedule = LearningRateSchedule.cosine
    /// Configurations that an earlier search found; no search of its own then.
    public var candidates: [Trial] = []
    /// For everything together; nil for as long as it takes.
    public var seconds: Double?
    /// Of the table of best losses within a time; nil for no table.
    public var budget: Double?
    /// Steps between two exchanges of groups of ranks, to be raced against one update in every step; none for no groups.
    public var syncEvery: [Int] = []
    /// Of the predictions.
    public var ranksPerHost: Int

    public init(_ goal: Goal, shapes: [Shape], batches: [Int], ranksPerHost: Int) {
      (self.goal, self.shapes, self.batches, self.ranksPerHost) = (goal, shapes, batches, ranksPerHost)
    }

    /// What takes most memory: each width with its largest batch.
    public var largest: [(shape: Shape, batch: Int)] {
      let own = candidates.isEmpty ? shapes.flatMap { shape in batches.map { (shape, $0) } } : []
      let all = own + candidates.map { ($0.shape, $0.batch) }
      return Dictionary(all) { max($0, $1) }.map { ($0.key, $0.value) }.sorted { $0.0.dModel < $1.0.dModel }
    }
  }

  private let plan: Plan
  private let team: RaceTeam
  private let progress: (RaceProgress) -> Void
  private var file = RaceFile()
  private var world: Communicator { team.world }
  private var counts: [Int] { ScalingExperiment.rankCounts(upTo: world.size) }

  /// Seeds that decide how long a finalist's schedule is.
  private static let tuningSeeds: [UInt64] = [11, 12, 13, 14, 15]
  private static let secondsPerStepTime = 0.25
  /// Of the time that a race has: what the search may take, and the tuning after it.
  private static let (searchShare, tuningShare) = (0.35, 0.55)
  /// Finalists for each number of ranks.
  private static let finalists = 2
  private static let predictedRanks = (1...20).map { 1 << $0 }

  /// Collective.
  public init(_ plan: Plan, data: TrialData, world: Communicator, progress: @escaping (RaceProgress) -> Void) throws {
    (self.plan, self.progress) = (plan, progress)
    team = try RaceTeam(data, seconds: plan.seconds, world: world) { progress(.share($0)) }
  }

  /// Collective; complete on rank 0. Throws `Stopped` on all ranks.
  public func run() throws -> RaceFile {
    (file.ranks, file.trainingNames) = (world.size, team.data.training.count)
    (file.target, file.loss) = (plan.goal.target, plan.goal.judge.rawValue)
    file.definitions = Self.definitions
    let found = try search()
    let reaching = found.filter { $0.steps != nil }
    guard !reaching.isEmpty else {
      let nearest = found.map(\.nearestLoss).min() ?? .infinity
      file.nearestLoss = nearest.isFinite ? nearest : nil
      return file
    }
    try timeSteps(reaching)
    let finalists = try tuned(self.finalists(of: reaching))
    try race(finalists)
    try measureNoise()
    try twoKnobs(reaching)
    try budgetTable()
    return file
  }

  private static let definitions = [
    "seconds: all steps of the whole schedule, batch selection included, start-up and evaluation excluded",
    "training loss: mean of the last 100 steps; held-out loss: exact over the fixed tenth of the names; both in nats per "
      + "prediction",
    "reached: by at least four of five seeds that the search did not use; the time is the median of the five",
    "ratio: the time over that of the reference run (C 32, batch 256, rate 0.012, 1,500 steps, linear, one core) of the "
      + "same turn: median, least and greatest",
    "noise scale: S / |G|², the batch whose gradient is as much noise as signal, measured by random groups of training names at "
      + "frozen parameters; with a 95 % interval",
    "critical batch: B_noise of the hyperbola through the steps to the target, the batch that takes twice the fewest; with a 95 % "
      + "interval of the fit",
  ]

  // MARK: - search

  private func search() throws -> [StepsSearch.Found] {
    guard plan.candidates.isEmpty else {
      return plan.candidates.map { StepsSearch.Found(trial: $0, steps: $0.steps, nearestLoss: plan.goal.target) }
    }
    let groups = try team.groupCount()
    if !plan.syncEvery.isEmpty, groups < 2 {
      file.notMeasured.append("groups of ranks: the \(plural(world.size, "rank")) of this job are one group")
    }
    var cells = plan.batches.map { StepsSearch.Cell(batch: $0) }
    for batch in plan.batches where groups > 1 && batch >= groups {
      cells += plan.syncEvery.map { StepsSearch.Cell(batch: batch, rounds: .init(groups: groups, every: $0)) }
    }
    return try plan.shapes.flatMap { shape in
      try StepsSearch(plan.goal, schedule: plan.schedule).run(
        shape, cells: cells, team: team, until: Self.searchShare, progress: progress)
    }
  }

  /// Each batch and width on each number of ranks, and of groups on all.
  private func timeSteps(_ found: [StepsSearch.Found]) throws {
    for count in counts {
      let own = found.map(\.trial).filter { $0.rounds == nil || count == world.size }
      progress(.stage("step times on \(plural(count, "rank"))"))
      for (index, trial) in own.enumerated() {
        progress(.share(Double(index) / Double(own.count)))
        times[Place(trial, ranks: count)] =
          try trial.rounds == nil
          ? team.stepTime(trial.shape, batch: trial.batch, ranks: count, seconds: Self.secondsPerStepTime)
          : team.roundStepTime(trial, seconds: Self.secondsPerStepTime)
      }
    }
  }

  private struct Place: Hashable {
    var shape: Shape
    var batch, ranks: Int
    var rounds: Trial.Rounds?

    init(_ trial: Trial, ranks: Int) {
      (shape, batch, self.ranks, rounds) = (trial.shape, trial.batch, ranks, trial.rounds)
    }
  }
  /// In µs.
  private var times: [Place: Double] = [:]

  private func seconds(_ trial: Trial, on ranks: Int) -> Double {
    Double(trial.steps) * (times[Place(trial, ranks: ranks)] ?? .infinity) * 1e-6
  }

  /// Those with the least steps times step time, for each number of ranks, and as many of groups on all.
  private func finalists(of found: [StepsSearch.Found]) -> [Heats.Contender] {
    let trials = found.map(\.trial)
    func best(_ trials: [Trial], on count: Int) -> [Heats.Contender] {
      trials.sorted { seconds($0, on: count) < seconds($1, on: count) }.prefix(Self.finalists)
        .map { Heats.Contender(trial: $0, ranks: count) }
    }
    return counts.flatMap { best(trials.filter { $0.rounds == nil }, on: $0) }
      + best(trials.filter { $0.rounds != nil }, on: world.size)
  }

  /// The finalists with schedules as short as five seeds allow.
  private func tuned(_ contenders: [Heats.Contender]) throws -> [Heats.Contender] {
    let trials = contenders.map(\.trial).distinct { $0 }
    var tunings = trials.map { ScheduleTuning(plan.goal, $0) }
    let seeds = Self.tuningSeeds
    for round in 0..<4 {
      let open = tunings.indices.filter { !tunings[$0].isSettled }
      guard !open.isEmpty, try team.hasTime(of: Self.tuningShare) else { break }
      progress(.stage("tuning the schedules, round \(round + 1)"))
      let records = try team.train(
        open.flatMap { index in seeds.map { tunings[index].trial.seeded($0) } }, until: Self.tuningShare)
      for (place, index) in open.enumerated() {
        let own = records[place * seeds.count..<(place + 1) * seeds.count].compactMap { $0 }
        if own.count == seeds.count { tunings[index].hear(own.map { plan.goal.loss(of: $0) }) }
      }
    }
    return contenders.map { contender in
      var tuned = contender
      if let index = trials.firstIndex(of: contender.trial) { tuned.trial = tunings[index].best }
      return tuned
    }
  }

  // MARK: - runs for real

  private func race(_ finalists: [Heats.Contender]) throws {
    var contenders = finalists
    let alone = finalists.filter { $0.ranks == 1 }.min { seconds($0.trial, on: 1) < seconds($1.trial, on: 1) }
    if world.size > 1, let alone {
      // Of several trainings one need be lucky: their schedule may be shorter.
      let trial = alone.trial.lasting(
        Int(Double(alone.trial.steps) * Luck.stepsFactor(trainings: world.size)))
      contenders.append(Heats.Contender(trial: trial, ranks: world.size, severalAtOnce: true))
    }
    let heats = Heats(plan.goal, team: team)
    let (reference, results) = try heats.run(contenders, hasTime: { try self.team.hasTime($0) }, progress: progress)
    file.reference = reference
    fastest =
      zip(contenders, results).filter { $1.reached && !$0.severalAtOnce }
      .min { ($0.1.secondsToTarget ?? .infinity) < ($1.1.secondsToTarget ?? .infinity) }?.0
    file.race = results.sorted {
      ($0.ranks, $0.secondsToTarget ?? .infinity) < ($1.ranks, $1.secondsToTarget ?? .infinity)
    }
    if reference.seeds.count < Heats.seeds.count {
      file.notMeasured.append("\(Heats.seeds.count - reference.seeds.count) of five seeds, for want of time")
    }
    for count in counts {
      let best = file.race.filter { $0.ranks == count && $0.reached && $0.use == "one training" }.first
      guard let best, let seconds = best.secondsToTarget else { continue }
      file.timeToTarget.append(
        RaceTime {
          ($0.ranks, $0.seconds, $0.measured, $0.batch, $0.steps) = (count, seconds, true, best.batch, best.steps)
        })
    }
  }

  // MARK: - the noise of its gradients

  /// Of what was run for real; nil where nothing reached the target.
  private var fastest: Heats.Contender?
  /// Of a run's steps.
  private static let noiseShares = [0.0625, 0.125, 0.25, 0.5, 0.75, 1]

  /// The gradient noise scale during one run of the fastest.
  private func measureNoise() throws {
    guard let fastest else { return }
    guard try team.hasTime(4) else {
      file.notMeasured.append("the gradient noise scale")
      return
    }
    progress(.stage("gradient noise scale"))
    file.noiseScale = try team.noiseScale(
      of: fastest.trial.seeded(Heats.seeds[0]), on: fastest.ranks, at: Self.noiseShares)
  }

  // MARK: - two knobs

  private func twoKnobs(_ found: [StepsSearch.Found]) throws {
    guard plan.candidates.isEmpty else {
      file.notMeasured.append("steps against batch, for which the race needs a search of its own")
      return
    }
    guard
      let shape = found.filter({ $0.trial.rounds == nil })
        .min(by: { seconds($0.trial, on: 1) < seconds($1.trial, on: 1) })?.trial.shape
    else { return }
    let own = found.filter { $0.trial.shape == shape && $0.trial.rounds == nil }.sorted {
      $0.trial.batch < $1.trial.batch
    }
    file.knobsC = shape.dModel
    file.stepsToTarget = own.compactMap { found in
      found.steps.map { steps in
        BatchSteps { ($0.batch, $0.learningRate, $0.steps) = (found.trial.batch, found.trial.learningRate, steps) }
      }
    }
    file.hyperbola = Hyperbola(file.stepsToTarget)
    file.criticalBatch = CriticalBatch(
      file.stepsToTarget, predictionsPerName: team.data.training.predictionsPerName)
    for count in counts {
      for points in file.stepsToTarget {
        let trial = Trial(shape: shape, batch: points.batch, steps: points.steps, learningRate: points.learningRate)
        guard let time = times[Place(trial, ranks: count)] else { continue }
        file.stepTimes.append(
          BatchTime {
            ($0.batch, $0.ranks, $0.usPerStep, $0.measured) = (points.batch, count, time, true)
            $0.secondsToTarget = time * Double(points.steps) * 1e-6
          })
      }
    }
    guard try team.hasTime(4) else {
      file.notMeasured.append("the prices of predictions, and so times on more ranks than \(world.size)")
      return
    }
    progress(.stage("prices of the predictions"))
    let predictions = try RacePredictions(shape, team: team, ranksPerHost: plan.ranksPerHost)
    if world.rank == 0 { predict(predictions) }
  }

  /// The best batch for each number of ranks: steps by the hyperbola, a step by the prices.
  private func predict(_ predictions: RacePredictions) {
    guard let hyperbola = file.hyperbola else { return }
    file.assumptions = predictions.assumptions
    for count in Self.predictedRanks where count > world.size {
      for points in file.stepsToTarget {
        guard let step = predictions.step(batch: points.batch, ranks: count) else { continue }
        file.stepTimes.append(
          BatchTime {
            ($0.batch, $0.ranks, $0.usPerStep) = (points.batch, count, step.microseconds)
            $0.secondsToTarget = step.microseconds * Double(points.steps) * 1e-6
          })
      }
    }
    let reach = RankReach(hyperbola, trainingNames: team.data.training.count, step: predictions.step)
    file.timeToTarget += reach.times(Self.predictedRanks.filter { $0 > world.size })
    file.rankLimit = reach.limit
  }

  // MARK: - the best loss within a time

  private func budgetTable() throws {
    guard let budget = plan.budget else { return }
    file.budgetSeconds = budget
    let bestBatch = file.race.first?.batch ?? 128
    for width in [16, 32, 48, 64, 96, 128] {
      let shape = try Shape(dModel: width, heads: Shape.defaultHeads(dModel: width))
      for batch in [16, bestBatch].distinct({ $0 }) {
        // Six trials on all ranks, and one after them.
        guard try team.hasTime(2 * budget + 6 * budget / Double(world.size)) else {
          file.notMeasured.append("the best loss within \(significant(budget)) s of C = \(width), batch \(batch)")
          continue
        }
        progress(.stage("best loss within \(significant(budget)) s, C \(width), batch \(batch)"))
        try addBudget(shape, batch: batch, budget)
      }
    }
  }

  private func addBudget(_ shape: Shape, batch: Int, _ budget: Double) throws {
    func trial(_ rate: Double, ranks: Int) throws -> Trial {
      let step = try team.stepTime(shape, batch: batch, ranks: ranks, seconds: Self.secondsPerStepTime)
      var trial = Trial(
        shape: shape, batch: batch, steps: max(Int(budget * 1e6 / step), 1), learningRate: threeDigits(rate))
      (trial.schedule, trial.warmUp) = (plan.schedule, trial.steps / StepsSearch.stepsPerWarmUp)
      return trial
    }
    let usual = StepsSearch.usualRate(shape, batch: batch)
    let first = try trial(usual, ranks: 1)
    let records = try team.train(
      [0.5, 0.7, 1, 1.4].map { factor in
        var own = first
        own.learningRate = threeDigits(usual * factor)
        return own
      })
    guard let best = records.compactMap({ $0 }).min(by: { plan.goal.loss(of: $0) < plan.goal.loss(of: $1) }) else {
      return
    }
    file.budget.append(BudgetResult(best))
    guard world.size > 1 else { return }
    file.budget.append(BudgetResult(try team.train(try trial(best.learningRate, ranks: world.size), on: world.size)))
  }
}

extension BudgetResult {
  init(_ record: TrialRecord) {
    self.init()
    (c, heads, batch, ranks, steps) = (record.c, record.heads, record.batch, record.ranks, record.steps)
    (learningRate, seconds) = (record.learningRate, record.seconds)
    (trainingLoss, heldOutLoss) = (record.trainingLoss, record.heldOutLoss)
  }
}

extension Trial {
  fileprivate func seeded(_ seed: UInt64) -> Trial {
    var trial = self
    trial.seed = seed
    return trial
  }
}

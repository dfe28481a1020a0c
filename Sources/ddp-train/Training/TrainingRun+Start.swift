import DataParallel
import MPI
import Values

/// What a run writes besides its checkpoints.
struct RunRecords {
  /// Rank 0's, nil elsewhere.
  let metrics: MetricsFile?
  let trace: TraceFile?
  /// Rank 0's.
  let namesJSON: NamesJSON?
}

// MARK: - the stages before training

extension TrainingRun {
  /// Reads the names, and refuses a batch or a model for which there is no memory.
  func readNames() throws -> RunNames {
    let names = try Whereabouts.during(.reading) {
      try RunNames.read(
        plan.data, skipInvalid: plan.skipInvalid, evaluation: plan.settings.evaluate, waiting: .ofProgram,
        host: host?.communicator ?? world, over: world)
    }
    let settings = plan.settings
    let measuresNoise = plan.noiseScaleEvery > 0
    if measuresNoise, names.training.count < 2 {
      throw JobFailure(
        description: "noise-scale-every needs at least 2 training names, and this data set has one",
        isSpeaker: world.rank == 0)
    }
    let one = MemoryNeed(
      shape: settings.shape, batch: settings.batch, engine: settings.engine, names: names.training,
      ranks: world.size, microShards: settings.reproducible ? settings.microShards : nil,
      averages: settings.average > 0, measuresNoise: measuresNoise)
    // A tournament holds all it compares at once. The two of `FactorTrial` have no checkpoints yet, which take as much.
    let players =
      plan.syncTournament && world.size > 1
      ? (SynchronisationStrategy.allCases.count - 1) * settings.engine.contenders.count : 1
    let need = (1..<players).reduce(one) { sum, _ in sum + one }
    try requireMemory(need, for: "batch \(settings.batch) at d-model \(settings.shape.dModel)", over: world)
    return names
  }

  func openCheckpoints(of names: RunNames) throws -> RunCheckpoints? {
    try plan.checkpoints.map {
      try RunCheckpoints(
        $0,
        identity: RunIdentity(
          plan.options, dataHash: names.hash, dataPath: plan.keptDataPath, initial: initial?.hash,
          goingOnFrom: plan.kept),
        names: names, settings: plan.settings, hosts: hosts, world: world, logger: logger)
    }
  }

  func openRecords() throws -> RunRecords {
    let outputs = try onEveryRank(of: world) { try speaks ? RunOutputs(plan, json: namesJSON) : nil }
    let trace = try plan.trace.map { _ in
      try TraceFile(outputs?.trace, steps: plan.tracedSteps, settings: plan.settings, world: world)
    }
    return RunRecords(metrics: outputs?.metrics, trace: trace, namesJSON: outputs?.namesJSON)
  }

  func warn(about names: RunNames) {
    let (skipped, long) = (names.skippedLines, names.longNames)
    if skipped > 0 {
      logger.warning("\(plan.data): skipped \(plural(skipped, "line")) with characters outside a–z")
    }
    if long > 0 {
      logger.warning("\(plan.data): \(plural(long, "name")) longer than 15 letters: only the first 16 inputs count")
    }
    if let advice = PayingRanks(plan.settings, names: names.training, most: world.size).advice {
      logger.warning("\(advice)")
    }
  }

  /// The settings, with the fastest strategy here, and the fastest engine where it was left to the program, where a
  /// tournament is wanted. One rank has none to choose. All ranks come to the same.
  ///
  /// - Parameter stored: what these ranks chose on these hosts before.
  func choosingStrategy(for names: RunNames, stored: StoredChoice?) throws -> Settings {
    var settings = plan.settings
    guard plan.syncTournament, world.size > 1 else { return settings }
    if let stored {
      settings.strategy = stored.strategy
      if settings.engine.contenders.contains(where: { $0.kind == stored.engine }) {
        settings.engine.kind = stored.engine
      }
      say("tournament of the checkpoint: \(stored.strategy)")
    } else {
      display.begin(stage: "tournament of the strategies")
      let tournament = try Tournament(settings, names: names.training, world: world)
      if let winner = tournament.results.first {
        (settings.strategy, settings.engine.kind) = (winner.strategy, winner.engine)
      }
      say(report.table(tournament))
    }
    return settings
  }

  /// The first link is that of the model with which the run begins. Its moments are zero on every rank.
  func beginChain(_ checkpoints: RunCheckpoints?, with state: ModelState) throws {
    try onEveryRank(of: world) {
      guard let checkpoints, checkpoints.resumed == nil else { return }
      try checkpoints.keeper?.beginChain(state, isGiven: initial != nil)
    }
  }

  func announce(_ trainer: Trainer, _ names: RunNames, _ checkpoints: RunCheckpoints?) {
    if speaks, let notice = trainer.synchronisation.notice { logger.warning("\(notice)") }
    if speaks, let notice = report.notice(of: trainer.groups, earlier: checkpoints?.groups) {
      logger.warning("\(notice)")
    }
    say(
      report.header(names: names, trainer: trainer, resumed: checkpoints?.notice),
      titles: TrainingWords.titleColumns)
  }

  func begin(_ metrics: MetricsFile?, after resumed: TrainingProgress?) throws {
    let gap = try onEveryRank(of: world, stops: false) {
      try metrics?.begin(
        resumedFrom: resumed?.steps, isOver: resumed?.steps == plan.settings.steps, every: plan.logEvery ?? 1)
    }
    if let gap { logger.warning("\(gap)") }
  }
}

import Values
import CSME2
import DataParallel
import Dataset
import Foundation
import GPT
import Logging
import MPI
import Laboratory

/// One training run from options to names.
struct TrainingRun {
  private let world: Communicator
  private let plan: RunPlan
  private let report: TrainingWords
  private let hosts: [String]
  private let logger: Logger
  private let heartbeat: Heartbeat?
  private var speaks: Bool { world.rank == 0 }

  /// - Throws: `JobFailure` where the options make no sense on any rank.
  init(_ options: TrainingOptions, world: Communicator) throws {
    self.world = world
    let plan = try onEveryRank(of: world) { try RunPlan(options, ranks: world.size) }
    // Before anything is read: ranks that took different paths from here would wait for each other for ever.
    try requireAgreement(plan.settings.fields + plan.fields, over: world)
    self.plan = plan
    heartbeat = plan.heartbeat.map { Heartbeat(everySeconds: $0, world: world) }
    hosts = try world.allGather(Environment.processorName)
    report = TrainingWords(plan: plan, hosts: hosts)
    logger = RankLogHandler.logger(rank: world.rank)
  }

  func run() throws {
    let names = try onEveryRank(of: world) {
      try Whereabouts.during(.reading) { try NameSet(path: plan.dataPath, skipInvalid: plan.skipInvalid) }
    }
    let split = try onEveryRank(of: world) { try names.split(evaluation: plan.settings.evaluate) }
    try requireMemory(
      memoryNeed(split.training.table), for: "batch \(plan.settings.batch) at d-model \(plan.settings.shape.dModel)",
      over: world)
    let checkpoints = try openCheckpoints(dataHash: names.hash)
    // Its thread is to end what it has begun, also where training fails.
    defer { _ = checkpoints?.keeper?.finish() }
    let resumed = checkpoints?.resumed
    // After the folder of checkpoints is there, in which they may lie.
    let outputs = try onEveryRank(of: world) { try speaks ? RunOutputs(plan) : nil }
    let metrics = outputs?.metrics
    let trace = try plan.tracePath.map { _ in
      try TraceFile(outputs?.trace, steps: plan.tracedSteps, settings: plan.settings, world: world)
    }
    if speaks { warn(about: names) }
    var settings = plan.settings
    if plan.tournament, let winner = try chooseStrategy(split.training.table, stored: checkpoints?.strategy) {
      settings.strategy = winner
    }
    let trainer = try Trainer(
      settings: settings, names: split.training.table, dataHash: names.hash, version: DDPTrain.version,
      world: world)
    checkpoints?.note(strategy: trainer.synchronisation.strategy, tournament: plan.tournament)
    if let resumed { try trainer.resume(resumed, model: checkpoints?.keeper?.arrays) }
    if speaks, let notice = trainer.synchronisation.notice { logger.warning("\(notice)") }
    if speaks, !plan.quiet {
      print(
        report.header(
          names: names, training: split.training.count, heldOut: split.evaluation?.count,
          strategy: trainer.synchronisation.strategy, resumed: checkpoints?.notice) + "\n")
      flushStandardOutput()
    }
    trainer.trace = trace?.trace
    // Not before: what goes wrong until here costs no earlier run's records.
    let gap = try onEveryRank(of: world, stops: false) {
      try metrics?.begin(resumedFrom: resumed?.steps, every: plan.logEvery ?? 1)
    }
    if let gap { logger.warning("\(gap)") }
    var summary = try train(trainer, metrics, checkpoints)
    let unwritten = checkpoints?.keeper?.finish()
    if let evaluation = split.evaluation {
      Whereabouts.enter(.evaluating)
      summary.evaluation = try trainer.evaluate(evaluation.table).map { ($0, evaluation.count) }
    }
    Whereabouts.enter(.ending)
    try world.rest { isStopped in
      if speaks { try conclude(summary, trainer, metrics, isStopped) }
    }
    try trace?.write()
    try trainer.close()
    try onEveryRank(of: world) {
      let checkpoint = unwritten.map { "the last checkpoint is missing: \($0)" }
      let failures = [checkpoint, metrics?.failure?.description].compactMap { $0 }
      if !failures.isEmpty { throw OptionError(failures.joined(separator: "; ")) }
    }
  }

  /// A tournament holds one strategy at a time.
  private func memoryNeed(_ names: NameTable) -> MemoryNeed {
    MemoryNeed(
      shape: plan.settings.shape, batch: plan.settings.batch, engine: plan.settings.engine, names: names,
      ranks: world.size, reproducible: plan.settings.reproducible)
  }

  private func openCheckpoints(dataHash: String) throws -> RunCheckpoints? {
    try plan.checkpoints.map {
      try RunCheckpoints(
        $0, identity: RunIdentity(plan.settings, dataHash: dataHash), shape: plan.settings.shape, hosts: hosts,
        world: world, logger: logger)
    }
  }

  private func train(
    _ trainer: Trainer, _ metrics: MetricsFile?, _ checkpoints: RunCheckpoints?
  ) throws -> RunSummary {
    // Records up to a checkpoint must not be lost with the process: a resumed run goes on behind them.
    checkpoints?.keeper?.beforeWriting = { metrics?.flush() }
    checkpoints?.keeper?.trainingBegins(step: checkpoints?.resumed?.steps ?? 0)
    Whereabouts.enter(.computing, step: checkpoints?.resumed?.steps ?? 0)
    heartbeat?.beat()
    let progress = ProgressReporter(
      mode: plan.progress, steps: plan.settings.steps, every: plan.logEvery, quiet: plan.quiet)
    let every = plan.metricsPath == nil ? recordInterval : plan.logEvery ?? 1
    defer { if speaks { progress.finish() } }
    return try trainer.run(
      measureEveryStep: plan.metricsPath != nil, recordEvery: every, checkpoints: checkpoints != nil,
      sink: checkpoints?.keeper
    ) { record in
      guard speaks else { return }
      if let metrics { Whereabouts.during(.writing) { metrics.write(record) } }
      progress.show(record)
    }
  }

  /// Steps between two records when only a person looks: often enough for a live line, seldom enough to cost
  /// nothing.
  private var recordInterval: Int { plan.logEvery ?? max(min(plan.settings.steps / 10, 100), 1) }

  private func warn(about names: NameSet) {
    if names.skippedLines > 0 {
      logger.warning("\(plan.dataPath): skipped \(plural(names.skippedLines, "line")) with characters outside a–z")
    }
    if names.longNames > 0 {
      logger.warning(
        "\(plan.dataPath): \(plural(names.longNames, "name")) longer than 15 letters: only the first 16 inputs count")
    }
  }

  /// The fastest strategy here; nil for one rank, which has none to choose. All ranks come to the same.
  ///
  /// - Parameter stored: what these ranks chose on these hosts before.
  private func chooseStrategy(
    _ names: NameTable, stored: SynchronisationStrategy?
  ) throws -> SynchronisationStrategy? {
    guard world.size > 1 else { return nil }
    if let stored {
      if speaks, !plan.quiet { print("tournament of the checkpoint: \(stored)\n") }
      return stored
    }
    let tournament = try Tournament(plan.settings, names: names, world: world)
    if speaks, !plan.quiet {
      print(report.table(tournament) + "\n")
      flushStandardOutput()
    }
    return tournament.results.first?.strategy
  }

  private func conclude(
    _ summary: RunSummary, _ trainer: Trainer, _ metrics: MetricsFile?, _ isStopped: () throws -> Bool
  ) throws {
    if let metrics {
      Whereabouts.during(.writing) { metrics.write(summary, strategy: trainer.synchronisation.strategy) }
    }
    if !plan.quiet {
      if summary.interrupted {
        print("interrupted after step \(grouped(summary.steps)) of \(grouped(plan.settings.steps))")
      }
      print(report.summary(summary))
      if plan.generate > 0 { print("") }
    }
    let generator = Generator(
      shape: plan.settings.shape, parameters: trainer.state.parameters.pointer, seed: plan.settings.seed)
    try generator.printNames(plan.generate, temperature: plan.temperature, isStopped: isStopped)
  }
}

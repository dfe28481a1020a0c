import CSME2
import DataParallel
import Dataset
import Foundation
import GPT
import Logging
import MPI
import Reports

/// One training run from options to names.
struct TrainingRun {
  private let world: Communicator
  private let plan: RunPlan
  private let report: RunReport
  private let logger: Logger
  private var speaks: Bool { world.rank == 0 }

  /// - Throws: `JobFailure` where the options make no sense on any rank.
  init(_ options: TrainingOptions, world: Communicator) throws {
    self.world = world
    let plan = try onEveryRank(of: world) { try RunPlan(options) }
    // Before anything is read: ranks that took different paths from here would wait for each other for ever.
    try requireAgreement(plan.settings.fields + plan.fields, over: world)
    self.plan = plan
    report = RunReport(plan: plan, hosts: try world.allGather(Environment.processorName))
    logger = RankLogHandler.logger(rank: world.rank)
  }

  func run() throws {
    let names = try onEveryRank(of: world) { try NameSet(path: plan.dataPath, skipInvalid: plan.skipInvalid) }
    let split = try onEveryRank(of: world) { try names.split(evaluation: plan.settings.evaluate) }
    let metrics = try onEveryRank(of: world) { try speaks ? plan.metricsPath.map { try MetricsFile(path: $0) } : nil }
    let trace = try plan.tracePath.map {
      try TraceFile(path: $0, steps: plan.tracedSteps, settings: plan.settings, world: world)
    }
    if speaks { warn(about: names) }
    var settings = plan.settings
    if plan.tournament, let winner = try chooseStrategy(split.training.table) { settings.strategy = winner }
    let trainer = try Trainer(
      settings: settings, names: split.training.table, dataHash: names.hash, version: DDPTrain.version,
      world: world)
    if speaks, let notice = trainer.synchronisation.notice { logger.warning("\(notice)") }
    if speaks, !plan.quiet {
      print(
        report.header(
          names: names, training: split.training.count, heldOut: split.evaluation?.count,
          strategy: trainer.synchronisation.strategy) + "\n")
      flushStandardOutput()
    }
    trainer.trace = trace?.trace
    StopSignal.install()
    var summary = try train(trainer, metrics)
    if let evaluation = split.evaluation {
      summary.evaluation = (try trainer.evaluate(evaluation.table), evaluation.count)
    }
    if speaks { conclude(summary, trainer, metrics) }
    try trace?.write()
    try trainer.close()
    try onEveryRank(of: world) { if let failure = metrics?.failure { throw failure } }
    if summary.interrupted { throw ExitRequest(code: 130) }
  }

  private func train(_ trainer: Trainer, _ metrics: MetricsFile?) throws -> RunSummary {
    let progress = ProgressReporter(
      mode: plan.progress, steps: plan.settings.steps, every: plan.logEvery, quiet: plan.quiet)
    let every = plan.metricsPath == nil ? recordInterval : plan.logEvery ?? 1
    defer { if speaks { progress.finish() } }
    return try trainer.run(measureEveryStep: plan.metricsPath != nil, recordEvery: every) { record in
      guard speaks else { return }
      metrics?.write(record)
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
  private func chooseStrategy(_ names: NameTable) throws -> SynchronisationStrategy? {
    guard world.size > 1 else { return nil }
    let tournament = try Tournament(plan.settings, names: names, world: world)
    if speaks, !plan.quiet {
      print(report.table(tournament) + "\n")
      flushStandardOutput()
    }
    return tournament.results.first?.strategy
  }

  private func conclude(_ summary: RunSummary, _ trainer: Trainer, _ metrics: MetricsFile?) {
    metrics?.write(summary, strategy: trainer.synchronisation.strategy, ranks: world.size)
    if !plan.quiet {
      if summary.interrupted {
        print("interrupted after step \(grouped(summary.steps)) of \(grouped(plan.settings.steps))")
      }
      print(report.summary(summary))
      if plan.generate > 0 { print("") }
    }
    let generator = Generator(
      shape: plan.settings.shape, parameters: trainer.state.parameters.pointer, seed: plan.settings.seed)
    for index in 0..<plan.generate {
      print(spelling(generator.name(index, temperature: plan.temperature)))
    }
    flushStandardOutput()
  }

  private func spelling(_ letters: [UInt8]) -> String {
    String(decoding: letters.map { $0 + UInt8(ascii: "a") }, as: UTF8.self)
  }
}

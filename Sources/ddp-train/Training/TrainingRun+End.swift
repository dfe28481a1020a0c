import Checkpoints
import DataParallel
import GPT
import Options
import Values

// MARK: - training, and the stages after it

extension TrainingRun {
  func train(_ trainer: Trainer, _ records: RunRecords, _ checkpoints: RunCheckpoints?, _ names: RunNames) throws
    -> RunSummary
  {
    let (metrics, begin) = (records.metrics, checkpoints?.resumed?.steps ?? 0)
    checkpoints?.keeper?.trainingBegins(
      step: begin, by: trainer.synchronisation.strategy, engine: trainer.engine, tournament: plan.syncTournament,
      groups: trainer.groups?.count,
      // Records up to a checkpoint must not be lost with the process: a resumed run goes on after them.
      beforeWriting: { metrics?.flush() }, onLink: { metrics?.write($0) })
    Whereabouts.enter(.computing, step: begin)
    if speaks { LifeSigns.begin(ranks: world.size, step: begin) }
    heartbeat?.beat()
    let steps = plan.settings.steps
    let progress = ProgressReporter(
      display, from: begin, to: steps, every: plan.logEvery ?? (isNamesAlone ? nil : max(steps / 10, 1)))
    let every = plan.metrics == nil ? recordInterval : plan.logEvery ?? 1
    let show: (StepRecord) -> Void = { record in
      guard speaks else { return }
      if let metrics {
        Whereabouts.during(.writing) {
          metrics.write(record)
          if let loss = record.heldOutLoss, let heldOut = names.heldOut {
            metrics.write(step: record.step, heldOutLoss: loss, names: heldOut.count)
          }
          if let scale = record.noiseScale { metrics.write(step: record.step, noiseScale: scale) }
        }
      }
      progress.show(record)
    }
    let evaluation = names.heldOut.flatMap { heldOut in plan.evalEvery.map { (names: heldOut, every: $0) } }
    let (last, noiseEvery) = (steps, plan.noiseScaleEvery)
    let noise =
      noiseEvery > 0 ? (names: names.training, isDue: { (done: Int) in done % noiseEvery == 0 || done == last }) : nil
    return try trainer.run(
      measureEveryStep: plan.metrics != nil, recordEvery: every, trace: records.trace?.trace,
      checkpoints: checkpoints != nil, sink: checkpoints?.keeper, evaluation: evaluation, noise: noise,
      onRecord: show)
  }

  /// Steps between two records when only a person looks: often enough for a live line, seldom enough to cost
  /// nothing.
  private var recordInterval: Int { plan.logEvery ?? max(min(plan.settings.steps / 10, 100), 1) }

  /// The summary, with the loss of the names that were held out.
  func evaluated(
    _ trained: RunSummary, by trainer: Trainer, on names: RunNames, _ metrics: MetricsFile?
  ) throws -> RunSummary {
    guard trained.evaluation == nil, let heldOut = names.heldOut else { return trained }
    Whereabouts.enter(.evaluating)
    display.begin(stage: "evaluating \(plural(heldOut.count, "held-out name"))")
    var summary = trained
    summary.evaluation = try trainer.evaluate(heldOut).map { ($0, heldOut.count) }
    if let metrics, let (loss, names) = summary.evaluation {
      Whereabouts.during(.writing) { metrics.write(step: summary.steps, heldOutLoss: loss, names: names) }
    }
    return summary
  }

  /// Rank 0 says what the run came to, while the others rest, and names are written.
  ///
  /// - Returns: what is wrong with the names.
  func conclude(
    _ summary: RunSummary, _ cost: RunCost, _ trainer: Trainer, _ records: RunRecords, _ names: RunNames,
    _ chain: RunChain?
  ) throws -> String? {
    Whereabouts.enter(.ending)
    display.finish()
    try world.rest { _ in speak(summary, cost, trainer, records.metrics, chain) }
    let printing = NamePrinting(
      count: plan.generate, shape: plan.settings.shape, seed: plan.settings.seed, temperature: plan.temperature,
      isNovel: plan.novel, hasJSON: namesJSON != nil, json: records.namesJSON, data: names, display: display)
    return try trainer.withAverage { try printing.run(trainer.state.parameters.pointer, on: world) }
  }

  private func speak(
    _ summary: RunSummary, _ cost: RunCost, _ trainer: Trainer, _ metrics: MetricsFile?, _ chain: RunChain?
  ) {
    guard speaks else { return }
    if let metrics {
      Whereabouts.during(.writing) { metrics.write(summary, cost, by: trainer) }
    }
    guard isTalkative else { return }
    if summary.interrupted {
      print("interrupted after step \(grouped(summary.steps)) of \(grouped(plan.settings.steps))")
    }
    print(report.summary(summary, cost, chain: chain), titles: TrainingWords.titleColumns)
    if plan.generate > 0 { print("") }
  }

  /// The last lines: where the run is kept, and what goes on with it.
  func sayHowToGoOn(_ summary: RunSummary, isKept: Bool) {
    guard isTalkative, isKept, let folder = plan.checkpoints?.folder else { return }
    flushStandardOutput()
    writeToStandardError(
      report.labelled([
        ("checkpoint", CheckpointFolder.file(in: folder, step: summary.steps)),
        ("to go on", GoingOn(plan: plan, hosts: hosts).command(after: summary.steps)),
      ]) + "\n", titles: TrainingWords.titleColumns)
  }

  /// Training goes on without a file that cannot be written, and the run ends with it as an error.
  ///
  /// - Parameter names: what is wrong with the names.
  func requireWritten(checkpoint: CheckpointError?, names: String?, _ metrics: MetricsFile?) throws {
    try onEveryRank(of: world) {
      let checkpoint = checkpoint.map { "the last checkpoint is missing: \($0)" }
      let failures = [checkpoint, names, metrics?.failure?.description].compactMap { $0 }
      if !failures.isEmpty { throw CommandFailure(failures.joined(separator: "; ")) }
    }
  }
}

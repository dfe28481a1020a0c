import CSIMD
import Checkpoints
import DataParallel
import GPT
import Logging

/// Rank 0's side of a run's checkpoints: when one is due, what it says of the run, and who writes it.
final class CheckpointKeeper: CheckpointSink {
  private let writer: CheckpointWriter
  private var schedule: CheckpointSchedule
  private let interval: CheckpointInterval
  private let logger: Logger
  /// What was said of the folder that is not this run's any more: it is said once.
  private var toldOfLoss: String?
  /// What every checkpoint of this process says.
  private var metadata: [String: String]
  private var beforeWriting: () -> Void = {}
  private var onLink: (ChainEntry) -> Void = { _ in }
  private let settings: Settings
  /// Steps between links that are wanted besides those of checkpoints.
  private let hashEvery: Int?
  /// The step of which a link is all that is wanted, by steps done.
  private var linkAlone: Int?
  private var pauseBegan: UInt64 = 0

  /// - Parameters:
  ///   - metadata: what every checkpoint says of the run.
  ///   - chain: of a run that keeps one.
  init(
    _ plan: CheckpointPlan, folder: CheckpointFolder, metadata: [String: String], settings: Settings,
    chain: RunChain? = nil, logger: Logger
  ) {
    (self.settings, hashEvery) = (settings, plan.hashEvery)
    writer = CheckpointWriter(
      folder: folder, shape: settings.shape, averages: settings.average > 0,
      hasOuterMomentum: settings.localSteps?.update.hasMomentum ?? false, chain: chain)
    schedule = CheckpointSchedule(plan.every, step: 0, now: csimd_nanoseconds())
    interval = plan.every
    self.metadata = metadata
    self.logger = logger
  }

  /// Where a checkpoint that was read goes, before training begins.
  var arrays: ModelArrays { writer.arrays }

  /// Counts from here.
  ///
  /// - Parameters:
  ///   - step: steps done.
  ///   - strategy, engine: how the ranks work together, and how each computes.
  ///   - tournament: whether they chose it so.
  ///   - groups: in which the ranks take steps of their own; nil where all are one.
  ///   - beforeWriting: runs before each checkpoint is written: what belongs to the steps before is to be in its place
  ///     by then.
  ///   - onLink: hears of each link that is kept, some steps later.
  func trainingBegins(
    step: Int, by strategy: SynchronisationStrategy, engine: EngineKind, tournament: Bool, groups: Int?,
    beforeWriting: @escaping () -> Void, onLink: @escaping (ChainEntry) -> Void
  ) {
    schedule = CheckpointSchedule(interval, step: step, now: csimd_nanoseconds())
    metadata["sync"] = strategy.rawValue
    metadata["engine"] = engine.rawValue
    metadata["tournament"] = "\(tournament)"
    if settings.localSteps != nil { metadata[RunIdentity.groupCountKey] = "\(groups ?? 1)" }
    (self.beforeWriting, self.onLink) = (beforeWriting, onLink)
  }

  /// The chain of the run; nil where it keeps none.
  var chain: RunChain? { writer.chain }

  /// The chain begins with the run's first model. One that no seed draws is kept, so that it can begin again.
  ///
  /// - Parameter isGiven: whether the model is of a file.
  func beginChain(_ state: ModelState, isGiven: Bool) throws {
    guard let chain else { return }
    if isGiven { try writer.storeInitial(state.parameters.pointer) }
    try chain.begin(state.arrays, state.shape)
  }

  func wants(step: Int) -> Bool {
    tell(writer.takeOutcome())
    linkAlone = nil
    // Of the chain none may be late: training waits for the one before.
    if let chain, chain.holds(step) { return true }
    // One that falls due while the last is still being written waits for it, and training does not; but where exchanges overlap
    // a checkpoint brings the groups together, and a disk must not choose the step at which it does.
    let waits = settings.localSteps?.overlaps ?? false
    if schedule.isDue(step: step, now: csimd_nanoseconds), waits || !writer.isBusy { return true }
    guard let hashEvery, step % hashEvery == 0 else { return false }
    linkAlone = step
    return true
  }

  func begin() -> ModelArrays {
    pauseBegan = csimd_nanoseconds()
    if writer.isBusy { Whereabouts.during(.writing) { writer.waitUntilFree(late: tellOfWait) } }
    tell(writer.takeOutcome())
    return writer.arrays
  }

  func commit(_ progress: TrainingProgress) {
    defer { chain?.addPause(nanoseconds: csimd_nanoseconds() - pauseBegan) }
    // The last step of a run, or of one that is stopped, has a checkpoint whatever is wanted.
    if linkAlone == progress.steps, progress.steps < settings.steps, !StopSignal.isRequested {
      writer.link(step: progress.steps, averagedSteps: progress.averagedSteps)
      return
    }
    Whereabouts.during(.writing, beforeWriting)
    writer.write(
      step: progress.steps, losses: progress.losses, averagedSteps: progress.averagedSteps,
      metadata: metadata.merging(progress.metadata) { $1 })
    schedule.taken(step: progress.steps, now: csimd_nanoseconds())
  }

  /// Training goes on without a checkpoint that was not written: the next one may succeed.
  private func tell(_ outcome: CheckpointWriter.Outcome?) {
    tellOfComplaints(outcome)
    if let link = outcome?.link { onLink(link) }
    guard let failure = outcome?.failure else { return }
    if failure.kind == .lost {
      guard toldOfLoss != failure.reason else { return }
      toldOfLoss = failure.reason
    }
    logger.warning("checkpoint not written: \(failure)")
  }

  /// Of what is wrong although the checkpoint is there.
  private func tellOfComplaints(_ outcome: CheckpointWriter.Outcome?) {
    for complaint in outcome?.complaints ?? [] { logger.warning("checkpoint \(complaint)") }
  }

  /// A wait that a person notices.
  private func tellOfWait(for file: String) {
    logger.notice("waiting for the disk: checkpoint \(file) is being written")
  }

  /// Waits for what is being written.
  ///
  /// - Returns: why the last checkpoint was not written; nil where it was.
  func finish() -> CheckpointError? {
    Whereabouts.during(.writing) { writer.finish(late: tellOfWait) }
    let outcome = writer.takeOutcome()
    tellOfComplaints(outcome)
    if let link = outcome?.link { onLink(link) }
    return outcome?.failure
  }
}

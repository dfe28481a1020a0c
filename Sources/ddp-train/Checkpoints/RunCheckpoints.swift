import Checkpoints
import DataParallel
import GPT
import Laboratory
import Logging
import MPI
import Options
import Values

/// A run's checkpoints on every rank: the one it goes on from, and those it will write. Only rank 0 sees the folder.
struct RunCheckpoints {
  /// Of rank 0.
  let keeper: CheckpointKeeper?
  /// Where the run goes on, the same on all ranks; nil where it begins.
  let resumed: TrainingProgress?
  /// What won a tournament of the same ranks on the same hosts, the same on all ranks.
  let choice: StoredChoice?
  /// Groups of ranks that the run had; nil where it begins.
  let groups: Int?
  /// For people: where the run goes on.
  let notice: String?

  /// Opens the folder, and chooses the checkpoint to go on from. Collective.
  ///
  /// - Parameters:
  ///   - names: of the run.
  ///   - hosts: one a rank.
  /// - Throws: `JobFailure` on all ranks where the folder or the checkpoint cannot be used.
  init(
    _ plan: CheckpointPlan, identity: RunIdentity, names: RunNames, settings: Settings, hosts: [String],
    world: Communicator, logger: Logger
  ) throws {
    let place = hosts.joined(separator: ",")
    let opened = try onEveryRank(of: world) { () throws -> Opened? in
      guard world.rank == 0 else { return nil }
      let chain = try plan.keepEvery.map { try RunChain(every: $0, identity, names) }
      return try Whereabouts.during(.reading) { try Opened(plan, identity, place: place, settings, chain, logger) }
    }
    keeper = opened?.keeper
    var (strategy, engine): (String?, String?)
    if let found = opened?.found?.metadata, found["tournament"] == "true", found["hosts"] == place {
      (strategy, engine) = (found["sync"], found["engine"])
    }
    choice = StoredChoice(
      strategy: try world.broadcast(strategy ?? ""), engine: try world.broadcast(engine ?? ""))
    resumed = try Self.broadcast(opened?.progress, over: world)
    groups = opened?.found?.metadata[RunIdentity.groupCountKey].flatMap { Int(written: $0) }
    notice =
      plan.resumes
      ? opened?.found.map { "from step \(grouped($0.step)), \($0.path)" }
        ?? "no checkpoint in \(plan.folder) yet, a fresh start" : nil
  }

  private static func broadcast(_ progress: TrainingProgress?, over world: Communicator) throws -> TrainingProgress? {
    let losses = try world.broadcast(progress?.losses ?? [])
    let numbers = try world.broadcast(
      progress.map { ($0.steps, $0.elapsedSeconds, $0.rows, $0.ranks, $0.phases, $0.microsecondsPerStep) })
    return numbers.map { steps, elapsed, rows, ranks, phases, time in
      TrainingProgress(
        steps: steps, losses: losses, elapsedSeconds: elapsed, rows: rows, ranks: ranks, phases: phases,
        microsecondsPerStep: time)
    }
  }
}

/// The winner of a tournament, as a checkpoint has it.
struct StoredChoice {
  let strategy: SynchronisationStrategy
  let engine: EngineKind

  /// Nil for words that stand for none.
  init?(strategy: String, engine: String) {
    guard let strategy = SynchronisationStrategy(rawValue: strategy), let engine = EngineKind(rawValue: engine) else {
      return nil
    }
    (self.strategy, self.engine) = (strategy, engine)
  }
}

/// What rank 0 finds in the folder.
private struct Opened {
  let keeper: CheckpointKeeper
  let found: Checkpoint?
  let progress: TrainingProgress?

  /// - Parameters:
  ///   - place: the ranks' hosts.
  ///   - chain: of a run that keeps one.
  init(
    _ plan: CheckpointPlan, _ identity: RunIdentity, place: String, _ settings: Settings, _ chain: RunChain?,
    _ logger: Logger
  ) throws {
    let folder: CheckpointFolder
    do {
      folder = try CheckpointFolder(
        path: plan.folder, keep: plan.keep, staying: chain?.holds, isStopped: { StopSignal.isRequested })
    } catch {
      try StopSignal.check()
      throw error
    }
    found = try plan.resumes ? Self.newest(folder, identity, logger) : Self.requireNone(folder)
    progress = try found.map { try TrainingProgress($0) }
    // Of a run that gets other steps, those that are averaged come later.
    let expected = settings.averagedSteps(after: found?.step ?? 0)
    let changed = found.map { $0.metadata["steps"] != "\(settings.steps)" } ?? false
    if let found, found.averagedSteps != expected, !changed {
      throw CheckpointError(
        .damaged, found.path, "it has the sums of \(plural(found.averagedSteps, "step")), and not of \(expected)")
    }
    keeper = CheckpointKeeper(
      plan, folder: folder, metadata: identity.metadata.merging(["hosts": place]) { $1 }, settings: settings,
      chain: chain, logger: logger)
    if let found { try chain?.resume(after: found) }
    try found?.copy(to: keeper.arrays, withSums: !changed)
  }

  /// A run that is begun anew by mistake must not wear an older one's checkpoints away.
  private static func requireNone(_ folder: CheckpointFolder) throws -> Checkpoint? {
    if let step = try folder.steps().last {
      throw CommandFailure(
        "\(folder.path) holds a run at step \(grouped(step)): --resume goes on with it; or name another folder")
    }
    return nil
  }

  private static func newest(
    _ folder: CheckpointFolder, _ identity: RunIdentity, _ logger: Logger
  ) throws -> Checkpoint? {
    let (found, damaged) = try folder.newest()
    guard let found else {
      guard !damaged.isEmpty else { return nil }
      throw CommandFailure(
        "no checkpoint in \(folder.path) is whole: " + damaged.map(\.description).joined(separator: "; ")
          + ". Remove them to begin anew")
    }
    let differences = identity.differences(from: found.metadata)
    guard differences.isEmpty else {
      throw CheckpointError(.refused, found.path, "is of another run: " + differences.joined(separator: "; "))
    }
    let version = found.metadata["program-version"]
    let isReproducible = identity.metadata["reproducible"] == "true"
    if let notice = RunIdentity.notice(path: found.path, version: version, reproducible: isReproducible) {
      logger.warning("\(notice)")
    }
    for file in damaged {
      do throws(CheckpointError) {
        try folder.setAside(file)
        logger.warning("checkpoint \(file); passed over and renamed")
      } catch {
        logger.warning("checkpoint \(file); passed over, and left where it is: \(error.reason)")
      }
    }
    return found
  }
}

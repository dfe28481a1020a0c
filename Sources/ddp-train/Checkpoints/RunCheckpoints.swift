import Values
import Checkpoints
import DataParallel
import GPT
import Logging
import MPI
import Laboratory

/// A run's checkpoints on every rank: the one it goes on from, and those it will write. Only rank 0 sees the folder.
final class RunCheckpoints {
  /// Of rank 0.
  let keeper: CheckpointKeeper?
  /// Where the run goes on, the same on all ranks; nil where it begins.
  let resumed: TrainingProgress?
  /// The strategy that won a tournament of the same ranks on the same hosts, the same on all ranks.
  let strategy: SynchronisationStrategy?
  /// For people: where the run goes on.
  let notice: String?

  /// Opens the folder, and chooses the checkpoint to go on from. Collective.
  ///
  /// - Parameter hosts: one a rank.
  /// - Throws: `JobFailure` on all ranks where the folder or the checkpoint cannot be used.
  init(
    _ plan: CheckpointPlan, identity: RunIdentity, shape: Shape, hosts: [String], world: Communicator, logger: Logger
  )
    throws
  {
    let opened = try onEveryRank(of: world) { () throws -> Opened? in
      guard world.rank == 0 else { return nil }
      return try Whereabouts.during(.reading) { try Self.open(plan, identity, shape, logger) }
    }
    let place: [String: String] = ["hosts": hosts.joined(separator: ",")]
    opened?.keeper.metadata.merge(place) { $1 }
    keeper = opened?.keeper
    var strategy: String?
    if let found = opened?.found?.metadata, found["tournament"] == "true", found["hosts"] == place["hosts"] {
      strategy = found["sync"]
    }
    self.strategy = SynchronisationStrategy(rawValue: try world.broadcast(strategy ?? ""))
    resumed = try Self.broadcast(opened?.progress, over: world)
    notice =
      plan.resumes
      ? opened?.found.map { "from step \(grouped($0.step)), \($0.path)" }
        ?? "no checkpoint in \(plan.folder) yet, a fresh start" : nil
  }

  /// Notes what the checkpoints are to say of how the ranks work together.
  func note(strategy: SynchronisationStrategy, tournament: Bool) {
    keeper?.metadata["sync"] = strategy.rawValue
    keeper?.metadata["tournament"] = "\(tournament)"
  }

  private struct Opened {
    var keeper: CheckpointKeeper
    var found: Checkpoint?
    var progress: TrainingProgress?
  }

  /// On rank 0.
  private static func open(
    _ plan: CheckpointPlan, _ identity: RunIdentity, _ shape: Shape, _ logger: Logger
  ) throws -> Opened {
    let folder: CheckpointFolder
    do {
      folder = try CheckpointFolder(path: plan.folder, keep: plan.keep, isStopped: { StopSignal.isRequested })
    } catch {
      try StopSignal.check()
      throw error
    }
    let found = try plan.resumes ? newest(folder, identity, logger) : requireNone(folder)
    let progress = try found.map { try TrainingProgress($0) }
    let keeper = CheckpointKeeper(plan, folder: folder, identity: identity, shape: shape, logger: logger)
    try found?.copy(to: keeper.arrays)
    return Opened(keeper: keeper, found: found, progress: progress)
  }

  /// A run that is begun anew by mistake must not wear an older one's checkpoints away.
  private static func requireNone(_ folder: CheckpointFolder) throws -> Checkpoint? {
    if let step = try folder.steps().last {
      throw OptionError(
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
      throw OptionError(
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

import DataParallel
import Glibc
import Launch
import MPI
import Synchronization
import Values

/// What this rank says of itself to whoever started the job with ddp-launch, on a channel of their own.
enum LifeSigns {
  private static let sender = Mutex<LifeSignSender?>(nil)

  /// Gives signs from now on, where somebody wants them. Collective.
  static func start(over world: Communicator) throws {
    let environment: SignEnvironment
    do {
      guard let wanted = try SignEnvironment(lookup: { getenv($0).map { String(cString: $0) } }) else { return }
      environment = wanted
    } catch {
      // The same on all ranks of a host; the run does not depend on it.
      if world.rank == 0 { RankLogHandler.logger(rank: 0).warning("no signs of life are given: \(error)") }
      return
    }
    let place: RankPlace
    if world.size > 1 {
      let host = try world.splitShared()
      place = RankPlace(
        rank: world.rank, ranks: world.size, localRank: host.rank, localRanks: host.size,
        leader: try host.communicator.broadcast(world.rank), host: Environment.processorName)
    } else {
      place = RankPlace(rank: 0, ranks: 1, localRank: 0, localRanks: 1, leader: 0, host: Environment.processorName)
    }
    let rank = world.rank
    let notice: @Sendable (String) -> Void = { RankLogHandler.logger(rank: rank).warning("\($0)") }
    let made = LifeSignSender(
      environment, place: place, boards: boards, whereabouts: { Whereabouts.current }, say: notice,
      onLost: {
        notice("ddp-launch, which started this run, is out of reach: the run ends with a checkpoint")
        StopSignal.note()
      })
    sender.withLock { $0 = made }
  }

  /// The job's own folder for shared memory, which ddp-launch removes; without it the system's.
  private static var boards: String {
    getenv("OMPI_MCA_osc_sm_backing_directory").map { String(cString: $0) } ?? "/dev/shm"
  }

  /// On rank 0: the training is about to begin.
  ///
  /// - Parameters:
  ///   - ranks: of the job.
  ///   - step: steps done before.
  static func begin(ranks: Int, step: Int) { sender.withLock { $0 }?.begin(ranks: ranks, step: step) }

  /// The last word of this rank. Rank 0's ends the run for whoever started it, so all outputs must be written.
  static func end(_ ending: JobEnding, code: Int32, rank: Int) {
    guard let sender = sender.withLock({ $0 }) else { return }
    if rank == 0 { sender.end(ending, code: code) }
    sender.stop()
  }
}

extension JobEnding {
  init(_ failure: JobFailure) {
    if [64, 78].contains(failure.code) {
      self = .refused
      return
    }
    self =
      switch failure.cause {
      case .diverged: .diverged
      case .noPermission: .noPermission
      case .otherRun: .otherRun
      case .diskFull: .diskFull
      case .other: .failed
      }
  }
}

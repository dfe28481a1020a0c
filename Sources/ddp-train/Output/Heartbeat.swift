import CSIMD
import DataParallel
import Foundation
import MPI
import Synchronization
import Values

/// A thread that says on standard error, every few seconds, where this rank is, for a person to read. `ddp-launch` goes by
/// `LifeSigns`.
///
/// The line comes from the rank itself, without MPI: a rank that was stopped falls silent, one that waits for it says
/// that it waits. One that waits for a disk says how long it has done so already.
final class Heartbeat: Sendable {
  private let who: String
  /// Where the rank was at the last beat, and since when, in nanoseconds.
  private let last = Mutex((step: 0, stage: RunStage.starting, since: csimd_nanoseconds()))

  /// Starts the thread, which lives as long as the process.
  init(everySeconds seconds: Int, world: Communicator) {
    who =
      "ddp-train: heartbeat: rank \(world.rank) of \(world.size), process \(getpid()) on \(Environment.processorName)"
    let thread = Thread { [self] in
      while true {
        beat()
        sleep(UInt32(seconds))
      }
    }
    thread.name = "heartbeat"
    thread.start()
  }

  /// A line at once.
  func beat() {
    let (step, stage) = Whereabouts.current
    let seconds = last.withLock { last in
      let now = csimd_nanoseconds()
      if last.step != step || last.stage != stage { last = (step, stage, now) }
      return (now - last.since) / 1_000_000_000
    }
    let waits = stage == .reading || stage == .writing
    writeToStandardError("\(who), step \(step), \(stage)\(waits ? " for \(seconds) s" : "")\n")
  }
}

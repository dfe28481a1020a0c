import DataParallel
import Foundation
import MPI

/// A thread that says on standard error, every few seconds, where this rank is: what `launch/supervise` goes by.
///
/// The line comes from the rank itself, without MPI: a rank that was stopped falls silent, one that waits for it says
/// that it waits.
struct Heartbeat {
  private let who: String

  /// Starts the thread, which lives as long as the process.
  init(everySeconds seconds: Int, world: Communicator) {
    who =
      "ddp-train: heartbeat: rank \(world.rank) of \(world.size), process \(getpid()) on \(Environment.processorName)"
    let thread = Thread { [self] in
      while true {
        beat()
        Thread.sleep(forTimeInterval: Double(seconds))
      }
    }
    thread.name = "heartbeat"
    thread.start()
  }

  /// A line at once.
  func beat() {
    let (step, place) = Whereabouts.current
    writeToStandardError("\(who), step \(step), \(place)\n")
  }
}

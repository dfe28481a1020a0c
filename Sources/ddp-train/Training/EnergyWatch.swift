import CSIMD
import DataParallel
import Foundation
import MPI
import Synchronization
import Topology

/// The energy of this job's hosts from its making on. One rank of each host reads the counters, in a thread of its own and
/// once a second: so often that none goes round twice.
final class EnergyWatch: Sendable {
  private struct State: Sendable {
    var tally: EnergyTally
    var isOver = false
  }

  /// What all hosts came to.
  struct Found: Sendable {
    var joules: Double?
    /// Of rank 0's host: what was read, or why nothing could be.
    var source, obstacle: String?
  }

  private let meter: EnergyMeter?
  private let state: Mutex<State>

  /// - Parameter host: this host's ranks; nil for one rank alone.
  init(host: HostGroup?) {
    let meter = (host?.communicator.rank ?? 0) == 0 ? EnergyMeter() : nil
    self.meter = meter
    state = Mutex(State(tally: EnergyTally(meter ?? EnergyMeter(root: "/nowhere"))))
    guard let meter, meter.obstacle == nil else { return }
    read()
    let thread = Thread { [self] in
      repeat { sleep(1) } while read()
    }
    thread.name = "energy"
    thread.start()
  }

  /// The last reading, and the sum over the hosts. Collective.
  func finish(over world: Communicator) throws -> Found {
    read(isLast: true)
    let own = meter == nil ? 0 : state.withLock { $0.tally.joules } ?? .nan
    let sum = try world.allReduce([own], .sum)[0]
    var found = Found(joules: sum.isNaN ? nil : sum, source: meter?.words, obstacle: meter?.obstacle)
    if found.joules == nil, found.obstacle == nil { found.obstacle = "a counter, or another host's, cannot be read" }
    return found
  }

  /// - Returns: whether there is more to come.
  @discardableResult
  private func read(isLast: Bool = false) -> Bool {
    guard let meter, meter.obstacle == nil else { return false }
    return state.withLock { state in
      guard !state.isOver else { return false }
      state.tally.add(meter.read(time: csimd_nanoseconds()))
      state.isOver = isLast
      return !isLast
    }
  }
}

import CSystem
import Glibc
import MPI
import Topology

/// Where the ranks of a host wait for each other, several times a step: on atomics in memory they share, or in MPI.
///
/// A rank that spins keeps its core. Where two ranks may share one, the barrier is MPI's, which yields: on one core
/// for two a spinning one takes 280 µs and MPI's 6, with a core for each 0.3 µs and 1.5.
///
/// What a rank wrote before it arrives, every rank of the host sees once it has passed.
final class HostBarrier {
  /// Whether ranks spin on atomics.
  let spins: Bool
  private let host: Communicator
  /// Every rank's flags, and its notes.
  private var window: SharedWindow<cspin_line>?
  private let lines: UnsafeMutablePointer<UnsafeMutablePointer<cspin_line>>
  private var barrier: cspin_barrier

  /// From this many ranks on waves, in which pairs meet (log₂ N stages, each on one line), replace flags that everybody
  /// looks at (N − 1 loads, of which the first few are as fast).
  static let flatBelow = 16

  /// Looks in vain before a rank lets others have the core, and MPI its turn: about 0.1 ms.
  private static let patience: UInt32 = 2000

  /// Collective.
  ///
  /// - Parameter spins: the same on all ranks of the host.
  init(host: Communicator, spins: Bool) throws(MPIError) {
    self.host = host
    self.spins = spins
    let flat = UInt32(host.size < Self.flatBelow ? 1 : 0)
    let window = try SharedWindow<cspin_line>(
      on: host, count: Self.linesPerRank(ranks: host.size), alignment: Int(CSPIN_LINE))
    lines = .allocate(capacity: host.size)
    for rank in 0..<host.size {
      guard let start = window.segment(of: rank).baseAddress else { preconditionFailure("no memory for flags") }
      (lines + rank).initialize(to: start)
    }
    barrier = cspin_make(lines, UInt32(host.rank), UInt32(host.size), flat)
    self.window = consume window
  }

  deinit { lines.deallocate() }

  private static func linesPerRank(ranks: Int) -> Int {
    Int(cspin_lines(UInt32(ranks), ranks < flatBelow ? 1 : 0))
  }

  /// Of shared memory, of all ranks together.
  static func bytes(ranks: Int) -> Int { ranks * linesPerRank(ranks: ranks) * Int(CSPIN_LINE) }

  /// Returns when all ranks of the host have called it. Collective over the host.
  func pass() throws {
    guard spins else {
      try window?.barrier()
      return
    }
    cspin_arrive(&barrier)
    if cspin_wait(&barrier, Self.patience) == 0 { try waitLonger() }
  }

  /// A rank that has ended is none of its concern: mpirun ends the job. What MPI still has to send is.
  private func waitLonger() throws {
    repeat {
      sched_yield()
      _ = try host.hasMessage()
    } while cspin_wait(&barrier, Self.patience / 10) == 0
  }

  /// What a rank leaves for the others: written before it arrives, read once passed, and not written again before
  /// all have passed another time.
  func note(of rank: Int, _ which: HostNote) -> Double { cspin_note(lines[rank], which.rawValue) }

  /// Leaves this rank's own note.
  func leave(_ which: HostNote, _ value: Double) { cspin_leave(&barrier, which.rawValue, value) }

  /// The sums of what all ranks of the host left, between two passes: in their order, or in that of the waves, with which
  /// they travel. Equal on all ranks, and for the same ranks whether they spin or not.
  var totals: StepTotals {
    func sum(_ which: HostNote) -> Double { cspin_sum(&barrier, which.rawValue, spins ? 1 : 0) }
    return StepTotals(lossSum: sum(.lossSum), requests: StepRequests(sum: sum(.requests)))
  }

  /// Frees the shared memory. Collective over the host; the barrier is of no use afterwards.
  func close() throws(MPIError) {
    try window.take()?.free()
  }
}

/// Whether each rank of a host can have a core of its own. Collective; false where a system does not tell.
func eachHasACore(on host: Communicator) throws(MPIError) -> Bool {
  let mask = allowedMask()
  let all = try host.allGather(mask)
  return crowds((0..<host.size).map { cpus(of: Array(all[$0 * mask.count..<($0 + 1) * mask.count])) }).isEmpty
}

/// Which of a rank's notes: two that are added up, and two that are read.
enum HostNote: UInt32 {
  case lossSum, requests, totalLossSum, totalRequests
}

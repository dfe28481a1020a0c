import CHost
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
  /// Where every rank has its flags and its notes.
  private let memory: HostWindow
  private let ownsMemory: Bool
  private let lines: UnsafeMutablePointer<UnsafeMutablePointer<cspin_line>>
  private var barrier: cspin_barrier

  /// From this many ranks on waves, in which pairs meet (log₂ N stages, each on one line), replace flags that everybody
  /// looks at (N − 1 loads, of which the first few are as fast).
  static let flatBelow = 16

  /// Looks in vain before a rank lets others have the core, and MPI its turn: about 0.1 ms.
  private static let patience: UInt32 = 2000

  /// Collective.
  ///
  /// - Parameters:
  ///   - spins: the same on all ranks of the host.
  ///   - memory: that begins with `bytesPerRank` of each rank, of zeros; nil for memory of its own.
  init(host: Communicator, spins: Bool, memory: HostWindow? = nil) throws(MPIError) {
    self.host = host
    self.spins = spins
    ownsMemory = memory == nil
    if let memory {
      self.memory = memory
    } else {
      self.memory = try HostWindow(on: host, bytes: Self.bytesPerRank(ranks: host.size))
    }
    lines = .allocate(capacity: host.size)
    for rank in 0..<host.size {
      let start = self.memory.start(of: rank)
      (lines + rank).initialize(
        to: start.bindMemory(to: cspin_line.self, capacity: Self.linesPerRank(ranks: host.size)))
    }
    barrier = cspin_make(lines, UInt32(host.rank), UInt32(host.size), Self.isFlat(ranks: host.size))
  }

  deinit { lines.deallocate() }

  fileprivate static func isFlat(ranks: Int) -> UInt32 { ranks < flatBelow ? 1 : 0 }

  private static func linesPerRank(ranks: Int) -> Int {
    Int(cspin_lines(UInt32(ranks), isFlat(ranks: ranks)))
  }

  /// Of shared memory, of each rank: a multiple of two cache lines.
  static func bytesPerRank(ranks: Int) -> Int { linesPerRank(ranks: ranks) * Int(CSPIN_LINE) }

  /// Returns when all ranks of the host have called it. Collective over the host.
  func pass() throws {
    guard spins else {
      try memory.barrier()
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

  /// Passes, and takes this rank's losses and requests along.
  ///
  /// - Returns: those of all ranks of the host together.
  func pass(with own: StepTotals) throws -> StepTotals {
    leave(.lossSum, own.lossSum)
    leave(.requests, own.requests.number)
    try pass()
    return totals
  }

  /// What a rank leaves for the others: written before it arrives, read once passed, and not written again before
  /// all have passed another time.
  func note(of rank: Int, _ which: HostNote) -> Double { cspin_note(lines[rank], which.rawValue) }

  /// Leaves this rank's own note.
  func leave(_ which: HostNote, _ value: Double) { cspin_leave(&barrier, which.rawValue, value) }

  /// The sums of what all ranks of the host left, between two passes: in their order, or in that of the waves, with which
  /// they travel. Equal on all ranks, and for the same ranks whether they spin or not.
  private var totals: StepTotals {
    func sum(_ which: HostNote) -> Double { cspin_sum(&barrier, which.rawValue, spins ? 1 : 0) }
    return StepTotals(lossSum: sum(.lossSum), requests: StepRequests(sum: sum(.requests)))
  }

  /// Frees the shared memory. Collective over the host; the barrier is of no use afterwards.
  func close() throws(MPIError) {
    if ownsMemory { try memory.close() }
  }
}

/// What a pass of a host's barrier moves, its ranks' losses and requests included, where they spin.
public struct BarrierTraffic: Sendable, Equatable {
  /// How often cache lines change hands.
  public let transfers: Int
  /// How many of them a rank waits for at most, one after the other.
  public let depth: Int

  public init(ranks: Int) {
    let flat = HostBarrier.isFlat(ranks: ranks)
    transfers = ranks > 1 ? Int(cspin_transfers(UInt32(ranks), flat)) : 0
    depth = Int(cspin_depth(UInt32(ranks), flat))
  }
}

/// Memory that the ranks of a host share, which several owners carve up.
final class HostWindow {
  private var window: SharedWindow<UInt8>?

  /// Of a page of memory: 4,096, or 65,536 with some kernels on Arm.
  static let page = Int(sysconf(CInt(_SC_PAGESIZE)))

  /// Collective.
  ///
  /// - Parameters:
  ///   - bytes: of this rank, which begin at a multiple of two cache lines.
  ///   - parts: of which ranks this rank's are, and where, as `SharedWindow.provide` takes them; nil for all of its own.
  /// - Throws: `MPIError` of class `.noMemory` on all ranks, which then hold nothing, where there is no room.
  init(on host: Communicator, bytes: Int, parts: [(rank: Int, part: Range<Int>)]? = nil) throws(MPIError) {
    let window = try SharedWindow<UInt8>(
      on: host, count: bytes, alignment: Int(CSPIN_LINE), touched: parts == nil)
    if let parts {
      do {
        try window.provide(parts)
      } catch {
        try window.free()
        throw error
      }
    }
    self.window = consume window
  }

  /// Where a rank's bytes begin.
  func start(of rank: Int) -> UnsafeMutableRawPointer {
    guard let start = window?.segment(of: rank).baseAddress else { preconditionFailure("no memory of rank \(rank)") }
    return UnsafeMutableRawPointer(start)
  }

  /// What any rank wrote before it, every rank sees after it. Collective.
  func barrier() throws(MPIError) { try window?.barrier() }

  /// Frees the memory. Collective.
  func close() throws(MPIError) { try window.take()?.free() }
}

/// Whether each rank of a host can have a core of its own. Collective; false where a system does not tell.
func eachHasACore(on host: Communicator) throws(MPIError) -> Bool { crowds(try allowedCPUs(on: host)).isEmpty }

/// The CPUs that each rank of a host may use. Collective.
func allowedCPUs(on host: Communicator) throws(MPIError) -> [[Int]] {
  let mask = allowedMask()
  let all = try host.allGather(mask)
  return (0..<host.size).map { cpus(of: Array(all[$0 * mask.count..<($0 + 1) * mask.count])) }
}

/// Which of a rank's notes: two that are added up, and two that are read.
enum HostNote: UInt32 {
  case lossSum, requests, totalLossSum, totalRequests
}

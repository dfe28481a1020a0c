import CSIMD
import Files
import MPI
import Values

/// How long the ranks of a host take to pass their barrier: the one that `shared` has, on its own.
///
/// It stands beside every table of several ranks, because it tells two machines apart that look alike: cores that share a
/// cache pass in a quarter of the time that others take, and a virtual machine's cores may move between the two from one
/// minute to the next. It is therefore measured in the rounds whose times it explains.
public final class BarrierTime {
  private let host: HostGroup
  /// Nil where this rank is alone on its host, or where the host has no memory to share.
  private let barrier: HostBarrier?
  /// Mean of a pass, one for each batch; in ns.
  private var means: [Double] = []

  private static let batches = 5
  private static let (tried, mostPasses) = (4, 200)
  private static let nanosecondsPerBatch = 200_000.0

  /// Collective over `group`.
  public init(_ group: Communicator) throws {
    host = try HostGroup(group)
    let ranks = host.communicator.size
    // A page for each segment, and one for what Open MPI keeps beside them.
    let needed = ranks * HostBarrier.bytesPerRank(ranks: ranks) + (ranks + 1) * HostWindow.page
    let hasRoom = try host.communicator.allReduce((FolderRoom.sharedMemory.free ?? Int.max) >= needed ? 1 : 0, .min)
    guard ranks > 1, hasRoom == 1 else {
      barrier = nil
      return
    }
    barrier = try HostBarrier(host: host.communicator, spins: eachHasACore(on: host.communicator))
  }

  /// A thousand passes within half a millisecond, or a dozen where ranks share a core and one takes as long as all those.
  /// Collective over the ranks of a host.
  public func measure() throws {
    guard let barrier else { return }
    try barrier.pass()
    let pace = try Self.mean(of: Self.tried, barrier)
    let own = min(max(Int(Self.nanosecondsPerBatch / pace), 1), Self.mostPasses)
    let passes = try host.communicator.broadcast(own, root: 0)
    // Others have emptied the caches.
    _ = try Self.mean(of: passes, barrier)
    for _ in 0..<Self.batches { means.append(try Self.mean(of: passes, barrier)) }
  }

  /// The median of all batches, in ns; of several hosts the slowest one's. Nil where no host has two ranks. Collective over
  /// the group; the same on all.
  public func nanoseconds(over group: Communicator) throws -> Double? {
    let slowest = try group.allReduce(means.isEmpty ? 0 : Sample(means).median, .max)
    return slowest > 0 ? slowest : nil
  }

  /// Gives memory back that ranks share. Collective.
  public func close() throws { try barrier?.close() }

  private static func mean(of passes: Int, _ barrier: HostBarrier) throws -> Double {
    let start = csimd_nanoseconds()
    for _ in 0..<passes { try barrier.pass() }
    return max(Double(csimd_nanoseconds() - start), 1) / Double(passes)
  }
}

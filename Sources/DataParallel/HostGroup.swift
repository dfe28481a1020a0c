import CSIMD
import Glibc
import MPI

/// The ranks of this rank's host, and how many hosts there are. Ranks that were built for other instruction sets count as another
/// host's: they lay out in other ways what ranks of a host share.
public final class HostGroup {
  private let owner: OwnedCommunicator
  /// Hosts of all ranks together.
  public let hostCount: Int
  /// The fewest ranks that a host has.
  public let fewestRanks: Int

  /// The ranks of this host.
  public var communicator: Communicator { owner.communicator }

  /// For tests on one machine: ranks per host, such as `2,1`, in the order of the ranks. Each such host shares memory
  /// only inside itself. What is between them is then no network, and times mean nothing.
  public static let testVariable = "DDP_TRAIN_TEST_NODES"

  /// Finds out who shares memory with whom. Collective.
  public init(_ world: Communicator) throws {
    if let pretended = Self.pretendedHost(rank: world.rank),
      let part = try world.split(color: pretended)
    {
      owner = part
    } else {
      let host = try world.splitShared()
      let builds = try host.communicator.allGather(String(cString: csimd_built_for()))
      let first = builds.firstIndex(of: builds[host.rank]) ?? 0
      // Collective on the host, and so in vain only where all are alike.
      if Set(builds).count > 1, let part = try host.communicator.split(color: first) {
        owner = part
      } else {
        owner = host
      }
    }
    let size = owner.size
    hostCount = try world.allReduce(owner.rank == 0 ? 1 : 0, .sum)
    fewestRanks = try world.allReduce(size, .min)
  }

  /// Ranks that are known to be of one host. Collective over them.
  ///
  /// - Returns: nil for one rank alone.
  convenience init?(ofOneHost group: Communicator) throws {
    guard group.size > 1, let part = try group.split(color: 0) else { return nil }
    self.init(part, hostCount: 1, fewestRanks: group.size)
  }

  private init(_ owner: consuming OwnedCommunicator, hostCount: Int, fewestRanks: Int) {
    self.owner = owner
    (self.hostCount, self.fewestRanks) = (hostCount, fewestRanks)
  }

  private static func pretendedHost(rank: Int) -> Int? {
    guard let text = getenv(testVariable).map({ String(cString: $0) }) else { return nil }
    var last = 0
    for (host, count) in text.split(separator: ",").enumerated() {
      last += Int(count) ?? 0
      if rank < last { return host }
    }
    return nil
  }
}

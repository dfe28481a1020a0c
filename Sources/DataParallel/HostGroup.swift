import Glibc
import MPI

/// The ranks of this rank's host, and how many hosts there are.
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
      owner = try world.splitShared()
    }
    let size = owner.size
    hostCount = try world.allReduce(owner.rank == 0 ? 1 : 0, .sum)
    fewestRanks = try world.allReduce(size, .min)
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

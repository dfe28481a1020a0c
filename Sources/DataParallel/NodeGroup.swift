import Glibc
import MPI

/// The ranks of this rank's node, and how many nodes there are.
public final class NodeGroup {
  private let owner: OwnedCommunicator
  /// Of all nodes together.
  public let nodes: Int
  /// The fewest ranks that a node has.
  public let fewestRanks: Int

  /// The ranks of this node.
  public var communicator: Communicator { owner.communicator }

  /// For tests on one machine: ranks a node, such as `2,1`, in the order of the ranks. Each such node shares memory
  /// only inside itself. What is between them is then no network, and times mean nothing.
  public static let testVariable = "DDP_TRAIN_TEST_NODES"

  /// Finds out who shares memory with whom. Collective.
  public init(_ world: Communicator) throws {
    if let pretended = Self.pretendedNode(rank: world.rank),
      let part = try world.split(color: pretended)
    {
      owner = part
    } else {
      owner = try world.splitShared()
    }
    let size = owner.size
    nodes = try world.allReduce(owner.rank == 0 ? 1 : 0, .sum)
    fewestRanks = try world.allReduce(size, .min)
  }

  private static func pretendedNode(rank: Int) -> Int? {
    guard let text = getenv(testVariable).map({ String(cString: $0) }) else { return nil }
    var last = 0
    for (node, count) in text.split(separator: ",").enumerated() {
      last += Int(count) ?? 0
      if rank < last { return node }
    }
    return nil
  }
}

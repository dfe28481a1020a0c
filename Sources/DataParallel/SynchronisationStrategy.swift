import Files
import GPT
import MPI
import Values

/// How gradients of the ranks become one update; each is described where it is implemented.
public enum SynchronisationStrategy: String, CaseIterable, Sendable {
  /// The best of the others for where the ranks are: `shared` on one host, `hierarchical` on several.
  case auto
  /// `AllReduceSynchronisation`
  case allreduce
  /// `ShardedSynchronisation`
  case sharded
  /// `SharedSynchronisation`, or `DomainSynchronisation` where the host's memory lies in several domains
  case shared
  /// `FactorSynchronisation`
  case factors
  /// `HierarchicalSynchronisation`
  case hierarchical
  /// `OverlapSynchronisation`
  case overlap
}

/// A strategy that was asked for and is not available. All ranks know.
public enum SynchronisationError: Error, Equatable, CustomStringConvertible, ExitCoded {
  /// A strategy for ranks that share memory, on ranks that do not.
  case severalHosts(SynchronisationStrategy, ranks: Int, hosts: Int)
  /// `factors` with an engine that keeps none.
  case noFactors(EngineKind)
  /// A strategy whose sums depend on the number of ranks, in a run that is to be reproducible.
  case notReproducible(SynchronisationStrategy)
  /// More domains than ranks, or on several hosts.
  case domains(Int, ranks: Int, hosts: Int)
  /// In bytes.
  case sharedMemory(needed: Int, available: Int, folder: String)

  /// What one rank knows of its host's memory, on all ranks. Collective.
  static func sharedMemory(needed: Int, available: Int, onHostOf rank: Int, world: Communicator) throws -> Self {
    let (needed, available) = try world.broadcast((needed, available), root: rank)
    let folder = try world.broadcast(FolderRoom.sharedMemory.path, root: rank)
    return .sharedMemory(needed: needed, available: available, folder: folder)
  }

  /// 64 where no machine could have it.
  public var exitCode: Int32 {
    switch self {
    case .noFactors, .notReproducible: 64
    case .severalHosts, .domains, .sharedMemory: 1
    }
  }

  public var description: String {
    switch self {
    case .severalHosts(let strategy, let ranks, let hosts):
      "sync \(strategy) needs all ranks on one node, and these \(ranks) are on \(hosts); use hierarchical or auto"
    case .noFactors(let engine):
      "sync factors needs the engine simd, and this is \(engine); use shared or auto"
    case .notReproducible(let strategy):
      "reproducible does not go with sync \(strategy): MPI adds gradients up in an order that depends on the number of "
        + "ranks; use auto"
    case .domains(let domains, let ranks, let hosts):
      hosts > 1
        ? "domains \(domains) needs all ranks on one node, and these \(ranks) are on \(hosts)"
        : "domains \(domains) needs a rank for each of them, and there are \(ranks)"
    case .sharedMemory(let needed, let available, let folder):
      "shared memory: \(needed) bytes are needed in \(folder) on each node and there are \(available)"
    }
  }
}

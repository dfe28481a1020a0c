import Files
import GPT
import MPI

/// The strategy of a run, chosen and made, with what it needs to live.
public final class Synchronisation {
  /// What was chosen; `auto` for one rank alone, which synchronises with nobody.
  public let strategy: SynchronisationStrategy
  /// Why it is not what one would expect, in one sentence.
  public let notice: String?
  public let implementation: any GradientSynchronisation
  /// Where the host's memory has several domains: how many, and the bytes that the first reads of the others per step.
  public var traffic: (domains: Int, bytes: Int)? {
    (implementation as? DomainSynchronisation).map { ($0.domains, $0.bytesFromOthers) }
  }
  /// Outlives what was made of it. Nil for one rank alone.
  let host: HostGroup?
  /// Nil for one rank alone, and where a host has no memory for it: each rank then draws for itself.
  public let batches: SharedBatches?

  /// Collective.
  ///
  /// - Parameters:
  ///   - found: this host's ranks, where the caller has found out.
  ///   - owners: how many ranks update a slice each, of the ranks of one host that share memory; nil for all.
  /// - Throws: `JobFailure` on all ranks where a strategy was asked for by name and cannot be had here.
  public init(
    _ settings: Settings, host found: HostGroup? = nil, owners: Int? = nil, world: Communicator
  ) throws {
    let wanted = settings.strategy
    let tree = settings.summationTree
    guard world.size > 1 else {
      (strategy, notice, host, batches) = (.auto, nil, nil, nil)
      implementation = SoloSynchronisation(settings)
      return
    }
    let host = try found ?? HostGroup(world)
    self.host = host
    let best = host.hostCount == 1 ? SynchronisationStrategy.shared : .hierarchical
    let chosen = wanted == .auto ? best : wanted
    let domains =
      chosen == .shared && owners == nil
      ? try Domains.found(on: host.communicator, wanted: settings.domains.map { min($0, host.fewestRanks) })
      : Domains(ofRank: Array(repeating: 0, count: host.communicator.size))
    var obstacle = try Self.obstacle(to: chosen, settings, domains: domains, host: host, world: world)
    var made: (any GradientSynchronisation)?
    if obstacle == nil {
      do {
        made = try Self.make(chosen, settings, domains: domains, owners: owners, host: host, world: world)
      } catch let error as SynchronisationError {
        obstacle = error
      }
    }
    if let made {
      (implementation, strategy, notice) = (made, chosen, nil)
    } else {
      let reason = obstacle?.description ?? ""
      guard wanted == .auto, tree == nil, settings.domains == nil, owners == nil else {
        throw JobFailure(description: reason, isSpeaker: world.rank == 0, code: obstacle?.exitCode ?? 1)
      }
      notice = "\(reason); gradients are all-reduced instead"
      strategy = .allreduce
      implementation = try Self.make(.allreduce, settings, domains: domains, host: host, world: world)
    }
    batches = try Self.batches(settings, host: host, world: world)
  }

  /// Of the ranks of a group, as they synchronise in every step. Collective over all groups.
  ///
  /// - Parameter settings: of the group.
  /// - Throws: `JobFailure` on all ranks where a group cannot share memory.
  static func inside(_ groups: RankGroups, _ settings: Settings, world: Communicator) throws -> Synchronisation {
    try onEveryRank(of: world) {
      do {
        return try Synchronisation(
          settings, host: HostGroup(ofOneHost: groups.own), owners: groups.fewestRanks, world: groups.own)
      } catch let failure as JobFailure {
        // Other groups do not know of it.
        throw JobFailure.Reason(description: failure.description, code: failure.code)
      }
    }
  }

  /// Collective over each host. After the strategy, which has more need of the memory.
  private static func batches(_ settings: Settings, host: HostGroup, world: Communicator) throws -> SharedBatches? {
    let host = host.communicator
    let layout = SharedBatches.Layout(
      capacity: BatchDraft.capacity(settings, ranks: world.size), ranks: world.size, ranksOfHost: host.size)
    guard try host.allReduce(FolderRoom.sharedMemory.free ?? 0, .min) >= layout.host else { return nil }
    do {
      return try SharedBatches(layout, rank: world.rank, host: host)
    } catch {
      guard error.errorClass == .noMemory else { throw error }
      return nil
    }
  }

  /// - Throws: `SynchronisationError` on all ranks where there is no memory to share after all.
  private static func make(
    _ strategy: SynchronisationStrategy, _ settings: Settings, domains: Domains, owners: Int? = nil, host: HostGroup,
    world: Communicator
  ) throws -> any GradientSynchronisation {
    let layout = settings.engine.layout(shape: settings.shape)
    let tree = settings.summationTree
    return switch strategy {
    case .shared where domains.count > 1:
      try DomainSynchronisation(layout: layout, tree: tree, domains: domains, host: host.communicator)
    case .shared: try SharedSynchronisation(layout: layout, tree: tree, owners: owners, host: host.communicator)
    case .factors: try FactorSynchronisation(settings, host: host.communicator)
    case .hierarchical: try HierarchicalSynchronisation(layout: layout, tree: tree, host: host, world: world)
    case .sharded: try ShardedSynchronisation(layout: layout, world: world)
    case .overlap:
      OverlapSynchronisation(parameterCount: layout.parameterCount, bucketKiB: settings.bucketKiB, world: world)
    case .auto, .allreduce: AllReduceSynchronisation(parameterCount: layout.parameterCount, world: world)
    }
  }

  /// Why a strategy cannot be had on these ranks, the same on all; nil where it can.
  private static func obstacle(
    to strategy: SynchronisationStrategy, _ settings: Settings, domains: Domains, host: HostGroup, world: Communicator
  ) throws -> SynchronisationError? {
    let (shape, tree) = (settings.shape, settings.summationTree)
    if strategy == .factors, !settings.engine.keepsFactors(at: shape) {
      return .noFactors(settings.engine.resolvedKind(for: shape))
    }
    guard [.shared, .factors, .hierarchical].contains(strategy) else {
      return tree == nil ? nil : .notReproducible(strategy)
    }
    guard host.hostCount == 1 || strategy == .hierarchical else {
      return .severalHosts(strategy, ranks: world.size, hosts: host.hostCount)
    }
    if let wanted = settings.domains, wanted > 1, strategy == .hierarchical || wanted > host.fewestRanks {
      return .domains(wanted, ranks: world.size, hosts: host.hostCount)
    }
    // The tightest host speaks for all.
    let ranks = host.communicator.size
    let gradients = try tree.map { tree in
      try host.communicator.allReduce(tree.nodes(in: tree.leaves(rank: world.rank, ranks: world.size)).count, .sum)
    }
    let layout = settings.engine.layout(shape: shape)
    let needed =
      strategy == .shared && domains.count > 1
      ? DomainSynchronisation.bytes(layout: layout, tree: tree, domains: domains)
      : HostMemory.bytes(
        layout: layout, ranks: ranks,
        floats: strategy == .factors
          ? ranks * FactorRoom(settings, ranks: ranks).floats
          : HostMemory.floats(gradients: gradients ?? ranks, layout: layout))
    let available = FolderRoom.sharedMemory.free ?? Int.max
    let least = try world.allReduce(available - needed, .min)
    guard least < 0 else { return nil }
    let speaker = try world.allReduce(available - needed == least ? world.rank : world.size, .min)
    return try .sharedMemory(needed: needed, available: available, onHostOf: speaker, world: world)
  }
}

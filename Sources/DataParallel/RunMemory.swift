import GPT

/// Memory of a run whose ranks share a model on each host or domain, as `shared` and `hierarchical` do, in bytes: the most
/// there can be. A run that is reproducible takes more.
public struct RunMemory: Sendable, Equatable {
  /// Arrays of a rank that no other rank sees: of its share of the batch, and what every rank has whole.
  public let rank: Int
  /// What the ranks of a host share, a replica for each domain of its memory; 0 for one rank alone.
  public let shared: Int

  /// - Parameters:
  ///   - settings: of which the shape, the batch, the engine and whether the run evaluates count.
  ///   - ranks: of all hosts.
  ///   - ranksOnHost: of the host in question.
  ///   - domainRanks: how many of them are in each domain of its memory; nil where a rank may use several domains.
  public init(_ settings: Settings, ranks: Int, ranksOnHost: Int, domainRanks: [Int]? = nil) {
    let (shape, engine) = (settings.shape, settings.engine)
    let capacity = BatchDraft.capacity(settings, ranks: ranks)
    let layout = engine.layout(shape: shape)
    let names = min(capacity, ShardPass.mostNames(shape))
    let rows = Shape.context * (settings.evaluate ? TrainingStep.engineCapacity(shape, shard: capacity) : names)
    let isAlone = ranks == 1
    // Where a domain takes in several, or one is too small for a replica, is the trainer's to say. Only one host has several.
    let place =
      ranks == ranksOnHost ? (domainRanks ?? []).enumerated().flatMap { Array(repeating: [$0], count: $1) } : []
    let domains = Domains(
      cpus: place.isEmpty ? Array(repeating: [0], count: ranksOnHost) : place,
      near: (0..<max(domainRanks?.count ?? 1, 1)).map { [$0] }, wanted: nil)
    // Alone: parameters, their gradient, two moments. Else the moments of its slice of its domain's replica. A shard in
    // pieces has a second gradient.
    let whole = (isAlone ? 2 : 0) + (capacity > names ? 1 : 0)
    let moments = 2 * (shape.parameterCount / domains.fewestRanks + 1)
    let derived = isAlone ? 0 : layout.derivedCount
    rank =
      engine.bytes(shape: shape, rows: rows) + 4 * (whole * shape.parameterCount + moments - derived)
      + MemoryNeed.selection * settings.batch
    let layouts = SharedBatches.Layout(capacity: capacity, ranks: ranks, ranksOfHost: ranksOnHost)
    let batches = isAlone ? 0 : layouts.host
    let replicas =
      domains.count > 1
      ? DomainSynchronisation.bytes(layout: layout, tree: nil, domains: domains)
      : SharedMemory.needed(shape: shape, engine: engine, ranks: ranksOnHost)
    shared = isAlone ? 0 : replicas + batches
  }
}

import GPT
import MPI

/// Ranks of one host that exchange no gradients: every rank keeps what they are made of, the inputs of each layer and the
/// gradients of its outputs, where all can read it, and works out the gradient of its own slice from the rows of all.
///
/// A step: barrier; each rank computes the gradient of its slice, a block at a time, and updates the block while it is in
/// the nearest cache; barrier. No gradient is written to memory, and that part of the work is cut evenly, whoever has how
/// many names.
///
/// Cost on N ranks, beside what `SharedSynchronisation` pays for barriers and Adam: a rank reads the others' factors, about
/// 72 C bytes per row, instead of their gradients of its slice, 4 P/N bytes each. Pays for wide models and small batches.
///
/// The result has the same bits as that of `shared`: a sum over the rows of each rank, and then the sum of these, in the order
/// of the ranks or of `SummationTree`.
public final class FactorSynchronisation: GradientSynchronisation {
  private let memory: HostMemory
  private let store: FactorStore
  private var totals = StepTotals(lossSum: 0)

  public var gradients: [UnsafeMutablePointer<Float>] { [] }

  public var factors: FactorStore? { store }

  public var replica: Replica? { memory.replica }

  public var sharers: Communicator? { memory.host }

  public var slice: Range<Int> { memory.replica.own }

  /// Collective.
  ///
  /// - Parameter host: all ranks, on one host. It must outlive this.
  init(_ settings: Settings, host: Communicator) throws {
    let layout = settings.engine.layout(shape: settings.shape)
    let room = FactorRoom(settings, ranks: host.size)
    memory = try HostMemory.make(
      layout: layout, own: layout.slices(host.size, .stripes)[host.rank], room: .floats(room.floats),
      spins: eachHasACore(on: host), host: host, world: host)
    store = room.store(memory: memory.parts, rank: host.rank)
  }

  public func waitForAll() throws { try memory.barrier.pass() }

  /// The first barrier: afterwards all factors are there.
  public func exchange(_ own: StepTotals) throws {
    store.publish()
    totals = try memory.barrier.pass(with: own)
  }

  /// The gradients and Adam, of this rank's slice.
  public func update(_ slice: AdamSlice, engine: any Engine) { engine.adam(slice, factors: store) }

  /// The second barrier: afterwards all parameters are there, and nobody needs the factors any more.
  public func publish(to engine: any Engine) throws -> StepTotals {
    try memory.barrier.pass()
    store.clear()
    return totals
  }

  public func close() throws { try memory.close() }
}

/// How much a rank keeps in a step, the same on all ranks.
struct FactorRoom {
  private let shape: Shape
  let room: FactorStore.Room
  /// Floats of a rank's part.
  var floats: Int { room.count(shape) }

  init(_ settings: Settings, ranks: Int) {
    shape = settings.shape
    let most = ShardPass.mostNames(shape)
    let (names, shards) =
      settings.summationTree.map { tree in
        (tree.names(of: 0).count, (tree.leaves + ranks - 1) / ranks)
      } ?? (ShardCuts.capacity(names: settings.batch, ranks: ranks), 1)
    let (passes, ofPass) = (shards * ShardPass.pieces(names, shape: shape), min(names, most))
    // As many passes as are computed at once; all groups but the last have no room for one more.
    let perGroup = max(1, most / ofPass)
    room = FactorStore.Room(
      names: min(max(ofPass, shards > 1 ? most : 0), shards * names), groups: (passes + perGroup - 1) / perGroup,
      passes: passes)
  }

  /// - Parameters: as `FactorStore` takes them.
  func store(memory: [UnsafeMutablePointer<Float>]? = nil, rank: Int = 0) -> FactorStore {
    FactorStore(shape: shape, room: room, memory: memory, rank: rank)
  }
}

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
/// 72 C bytes a row, instead of their gradients of its slice, 4 P/N bytes each. Pays for wide models and small batches.
///
/// The result is that of `shared` to the bit: each rank's part of a sum is added up by itself, and the parts in the order
/// of the ranks, or of `SummationTree`.
public final class FactorSynchronisation: GradientSynchronisation {
  private let memory: HostMemory
  private let store: FactorStore
  private var totals = StepTotals(lossSum: 0)

  public var gradients: [UnsafeMutablePointer<Float>] { [] }

  public var factors: FactorStore? { store }

  public var replica: Replica? { memory.replica }

  public var slice: Range<Int> { memory.replica.own }

  /// Whether barriers spin on atomics: every rank has a core of its own.
  var spins: Bool { memory.barrier.spins }

  /// Collective.
  ///
  /// - Parameter host: all ranks, on one host. It must outlive this.
  init(_ settings: Settings, host: Communicator) throws {
    let layout = settings.engine.layout(shape: settings.shape)
    let room = FactorRoom(settings, ranks: host.size)
    memory = try HostMemory.make(
      layout: layout, own: layout.slices(host.size)[host.rank], room: .floats(room.floats), host: host, world: host)
    store = FactorStore(
      shape: settings.shape, names: room.names, passes: room.passes, memory: memory.parts, rank: host.rank)
  }

  public func waitForAll() throws { try memory.barrier.pass() }

  /// The first barrier: afterwards all factors are there.
  public func exchange(_ own: StepTotals) throws {
    store.publish()
    memory.barrier.leave(.lossSum, own.lossSum)
    memory.barrier.leave(.requests, own.requests.number)
    try memory.barrier.pass()
    totals = memory.barrier.totals
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

/// How many passes a rank keeps in a step, and how large they are, the same on all ranks.
struct FactorRoom {
  /// The most names of a pass, and the most passes.
  let names, passes: Int
  /// Floats of a rank's part.
  let floats: Int

  init(_ settings: Settings, ranks: Int) {
    let most = ShardPass.mostNames(settings.shape)
    let (names, shards) =
      settings.summationTree.map { tree in
        (tree.names(of: 0).count, (tree.leaves + ranks - 1) / ranks)
      } ?? (ShardCuts.capacity(names: settings.batch, ranks: ranks), 1)
    self.names = min(names, most)
    passes = shards * ((names + most - 1) / most)
    floats = FactorStore.count(shape: settings.shape, names: self.names, passes: passes)
  }
}

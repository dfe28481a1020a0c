import GPT
import Kernels
import MPI

/// Ranks of several hosts: inside a host everything is shared, between hosts slices are all-reduced.
///
/// A step: barrier of the host; each owner adds its slice up straight from the gradients of its host's ranks, in
/// their order, and all-reduces it with the owners of the same slice on the other hosts; Adam on the slice, in the
/// host's only replica; barrier of the host.
///
/// There are as many slices as the smallest host has ranks, so that every slice has an owner on every host whatever
/// mix of ranks there is. Further ranks of larger hosts bring their gradients and wait.
///
/// Cost on K hosts with n ranks each, with a barrier's time b, time β to read a byte another core wrote, latency α and
/// time per byte β′ between hosts, and Adam's time γ per parameter:
/// 2 b + 4 P · β + 2 log₂K · α + 2 (K − 1)/K · 4P/n · β′ · (n ranks on one wire) + P/n · γ.
/// A host sends each byte of the gradient once, and not once per rank.
public final class HierarchicalSynchronisation: GradientSynchronisation {
  private let memory: HostMemory
  /// The owners of this rank's slice, one per host; nil for a rank that owns none.
  private let peers: Communicator?
  private let peerGroup: OwnedCommunicator?
  /// (P + 3): the slice's sum at its place, and a tail after it. The rest is never touched.
  private let sums: AlignedBuffer<Float>
  /// Of a reproducible run, and of an owner.
  private let treeExchange: TreeExchange?

  public var gradients: [UnsafeMutablePointer<Float>] { memory.ownGradients }

  public var replica: Replica? { memory.replica }

  public var sharers: Communicator? { memory.host }

  /// Whether barriers of this host spin on atomics: each of its ranks has a core of its own.
  public var spins: Bool { memory.barrier.spins }

  public var slice: Range<Int> { memory.replica.own }

  /// Collective.
  ///
  /// - Parameter tree: the order of a reproducible run's sums; nil for the order of the ranks, and MPI's between hosts.
  init(layout: ReplicaLayout, tree: SummationTree? = nil, host: HostGroup, world: Communicator) throws {
    let slices = layout.slices(host.fewestRanks, .stripes)
    let local = host.communicator.rank
    let owns = local < slices.count
    let end = layout.parameterCount
    // Which tree nodes each of this host's ranks leaves.
    let treeNodes: [[Range<Int>]]? = try tree.map { tree in
      try host.communicator.allGather(world.rank).map { tree.nodes(in: tree.leaves(rank: $0, ranks: world.size)) }
    }
    let own = owns ? slices[local] : end..<end
    let memory = try HostMemory.make(
      layout: layout, own: own, room: .gradients(treeNodes?.map(\.count)),
      spins: eachHasACore(on: host.communicator), host: host.communicator, world: world)
    self.memory = memory
    if let group = try world.split(color: owns ? local : nil) {
      let peers = group.communicator
      self.peers = peers
      treeExchange =
        if let tree, let treeNodes {
          try TreeExchange(
            tree, gradients: Array(memory.gradients.buffer), ranges: treeNodes.flatMap { $0 }, slice: own,
            parameterCount: end, peers: peers)
        } else {
          nil
        }
      peerGroup = consume group
    } else {
      treeExchange = nil
      peers = nil
      peerGroup = nil
    }
    sums = AlignedBuffer(zeros: layout.parameterCount + StepTail.count)
  }

  /// Of the host alone is not enough: it is the last rank of all that is waited for.
  public func waitForAll() throws {
    try memory.barrier.pass()
    try peers?.barrier()
    try memory.barrier.pass()
  }

  public func exchange(_ own: StepTotals) throws {
    let totals = try memory.barrier.pass(with: own)
    guard let peers else { return }
    if let treeExchange {
      publish(try treeExchange.exchange(totals))
      return
    }
    Kernels.sum(
      ElementBlock(slice), sources: UnsafeBufferPointer(memory.gradients.buffer),
      target: sums.pointer + slice.lowerBound)
    StepTail.write(totals, to: sums.pointer + slice.upperBound)
    try peers.allReduce(
      inPlace: UnsafeMutableBufferPointer(
        start: sums.pointer + slice.lowerBound, count: slice.count + StepTail.count), .sum)
    publish(StepTail.read(sums.pointer + slice.upperBound))
  }

  /// Of several owners one speaks for the host, so that all its ranks hear the same.
  private func publish(_ totals: StepTotals) {
    guard memory.host.rank == 0 else { return }
    memory.barrier.leave(.totalLossSum, totals.lossSum)
    memory.barrier.leave(.totalRequests, totals.requests.number)
  }

  public func update(_ slice: AdamSlice, engine: any Engine) {
    engine.adam(slice, gradient: treeExchange?.sum() ?? UnsafePointer(sums.pointer))
  }

  public func publish(to engine: any Engine) throws -> StepTotals {
    try memory.barrier.pass()
    return StepTotals(
      lossSum: memory.barrier.note(of: 0, .totalLossSum),
      requests: StepRequests(sum: memory.barrier.note(of: 0, .totalRequests)))
  }

  public func close() throws { try memory.close() }
}

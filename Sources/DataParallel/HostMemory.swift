import CHost
import Files
import GPT
import Glibc
import MPI

/// What the ranks of a host, or of a domain of its memory, have in common: a gradient of each, one replica of the model, and
/// a barrier.
///
/// All of it is read by all of them. A rank writes its own gradient, and of the replica its slice; the barrier is
/// what tells the others.
final class HostMemory {
  let host: Communicator
  let barrier: HostBarrier
  /// Each rank's part of what is neither replica nor barrier.
  let parts: [UnsafeMutablePointer<Float>]
  /// Where each rank of the host leaves its gradients of (P), rank after rank.
  let gradients: AlignedBuffer<UnsafePointer<Float>>
  /// (P) each: this rank's.
  let ownGradients: [UnsafeMutablePointer<Float>]
  /// Parameters and derived weights, the host's only ones.
  let replica: Replica
  /// Of each rank: its flags, its part; and of rank 0 the replica.
  private let memory: HostWindow

  /// What each rank of the host has beside the replica.
  enum Room {
    /// So many gradients, rank by rank; nil for one each.
    case gradients([Int]?)
    /// So many floats each, for something else.
    case floats(Int)

    fileprivate func gradients(of rank: Int) -> Int {
      if case .gradients(let counts) = self { counts?[rank] ?? 1 } else { 0 }
    }

    fileprivate func floats(of rank: Int, _ layout: ReplicaLayout) -> Int {
      switch self {
      case .gradients: HostMemory.floats(gradients: gradients(of: rank), layout: layout)
      case .floats(let floats): padded(floats)
      }
    }
  }

  /// Collective over `world`, the ranks of all hosts.
  ///
  /// - Parameters: as `init` takes them.
  /// - Throws: `SynchronisationError` on all of them where a host has no room: between a look at what is left and
  ///   taking it others may have been faster. None holds anything then.
  static func make(
    layout: ReplicaLayout, own: Range<Int>, room: Room, spins: Bool, host: Communicator, world: Communicator
  ) throws -> HostMemory {
    var memory: HostMemory?
    do {
      memory = try HostMemory(layout: layout, own: own, room: room, spins: spins, host: host)
    } catch {
      guard error.errorClass == .noMemory else { throw error }
    }
    let without = try world.allReduce(memory == nil ? world.rank : world.size, .min)
    if let memory, without == world.size { return memory }
    try memory?.close()
    let floats = (0..<host.size).reduce(0) { $0 + room.floats(of: $1, layout) }
    throw try SynchronisationError.sharedMemory(
      needed: Self.bytes(layout: layout, ranks: host.size, floats: floats),
      available: FolderRoom.sharedMemory.free ?? 0, onHostOf: without, world: world)
  }

  /// Collective over the host.
  ///
  /// - Parameters:
  ///   - own: which parameters, and weights derived from them, this rank writes; in tile order.
  ///   - room: what the ranks have beside the replica.
  ///   - spins: whether ranks that wait keep their cores: each rank of the whole host has one of its own.
  /// - Throws: `MPIError` of class `.noMemory` on all ranks of the host, which then holds nothing, where there is no
  ///   room.
  private init(
    layout: ReplicaLayout, own: Range<Int>, room: Room, spins: Bool, host: Communicator
  ) throws(MPIError) {
    self.host = host
    let (count, size) = (layout.parameterCount, MemoryLayout<Float>.stride)
    let flags = HostBarrier.bytesPerRank(ranks: host.size)
    func end(of rank: Int) -> Int { flags + room.floats(of: rank, layout) * size }
    let (first, replicaFloats) = (end(of: 0), Self.padded(count) + layout.derivedCount)
    // The replica's pages are to lie with the ranks that write them: nearly so for parameters; derived weights of several
    // owners may be mixed in a page, and they are dealt in proportion.
    let derived = Self.padded(count)
    let ownDerived =
      derived + own.lowerBound * layout.derivedCount / count..<derived + own.upperBound * layout.derivedCount / count
    func ofReplica(_ floats: Range<Int>) -> (rank: Int, part: Range<Int>) {
      (0, first + floats.lowerBound * size..<first + floats.upperBound * size)
    }
    memory = try HostWindow(
      on: host, bytes: end(of: host.rank) + (host.rank == 0 ? replicaFloats * size : 0),
      parts: [(host.rank, 0..<end(of: host.rank)), ofReplica(own), ofReplica(ownDerived)])
    barrier = try HostBarrier(host: host, spins: spins, memory: memory)
    let parameters = (memory.start(of: 0) + first).bindMemory(to: Float.self, capacity: replicaFloats)
    replica = Replica(
      parameters: parameters, derived: parameters + Self.padded(count), isShared: true, own: own,
      ownSpans: layout.spans(of: own))
    var parts: [UnsafeMutablePointer<Float>] = []
    var all: [[UnsafeMutablePointer<Float>]] = []
    for rank in 0..<host.size {
      let start = (memory.start(of: rank) + flags).bindMemory(to: Float.self, capacity: room.floats(of: rank, layout))
      parts.append(start)
      all.append((0..<room.gradients(of: rank)).map { start + $0 * Self.padded(count) })
    }
    self.parts = parts
    ownGradients = all[host.rank]
    gradients = AlignedBuffer(zeros: all.joined().count)
    for (index, gradient) in all.joined().enumerated() { gradients[index] = UnsafePointer(gradient) }
  }

  /// Bytes of shared memory that a host needs.
  ///
  /// - Parameter floats: of all its ranks together, beside the replica.
  static func bytes(layout: ReplicaLayout, ranks: Int, floats: Int) -> Int {
    let all = floats + padded(layout.parameterCount) + layout.derivedCount
    // Each segment may lie anywhere in a page, and Open MPI has a page beside them.
    return all * 4 + ranks * HostBarrier.bytesPerRank(ranks: ranks) + (ranks + 1) * HostWindow.page
  }

  /// Floats that gradients take.
  static func floats(gradients: Int, layout: ReplicaLayout) -> Int { gradients * padded(layout.parameterCount) }

  /// A multiple of two cache lines: gradients of two ranks, parameters and what is derived from them never share one.
  private static func padded(_ count: Int) -> Int { CacheLine.padded(count, lines: 2) }

  /// Frees it all. Collective over the host, and nothing in it may be used afterwards.
  func close() throws(MPIError) {
    try barrier.close()
    try memory.close()
  }
}

/// What Open MPI's folder for memory that ranks share must have room for.
public enum SharedMemory {
  /// Bytes that a host of `ranks` needs for the strategies `shared` and `hierarchical`, in a run that is not
  /// reproducible.
  public static func needed(shape: Shape, engine: EngineOptions, ranks: Int) -> Int {
    let layout = engine.layout(shape: shape)
    return HostMemory.bytes(layout: layout, ranks: ranks, floats: HostMemory.floats(gradients: ranks, layout: layout))
  }
}

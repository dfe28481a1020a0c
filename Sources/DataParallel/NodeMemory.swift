import GPT
import MPI

/// What the ranks of a node have in common: a gradient of each, one replica of the model, and a barrier.
///
/// All of it is read by all of them. A rank writes its own gradient, and of the replica its slice; the barrier is
/// what tells the others.
final class NodeMemory {
  let node: Communicator
  let barrier: NodeBarrier
  /// (n): where each rank of the node leaves its gradient of (P).
  let gradients: AlignedBuffer<UnsafePointer<Float>>
  /// (P), this rank's gradient.
  let ownGradient: UnsafeMutablePointer<Float>
  /// Parameters and derived weights, the node's only ones.
  let replica: Replica
  private var gradientWindow: SharedWindow<Float>?
  private var replicaWindow: SharedWindow<Float>?

  /// Collective over the node.
  ///
  /// - Parameter own: which parameters, and weights derived from them, this rank writes.
  init(layout: ReplicaLayout, own: Range<Int>, node: Communicator) throws {
    self.node = node
    barrier = try NodeBarrier(node: node, spins: eachHasACore(on: node))
    let count = layout.parameterCount
    let gradientWindow = try SharedWindow<Float>(on: node, count: Self.padded(count))
    // Untouched: its pages are to lie with the ranks that own them.
    let replicaWindow = try SharedWindow<Float>(
      on: node, count: node.rank == 0 ? Self.padded(count) + layout.derivedCount : 0, touched: false)
    guard let parameters = replicaWindow.segment(of: 0).baseAddress, let gradient = gradientWindow.local.baseAddress
    else { preconditionFailure("windows without memory") }
    replica = Replica(parameters: parameters, derived: parameters + Self.padded(count), own: own)
    ownGradient = gradient
    gradients = AlignedBuffer(zeros: node.size)
    for rank in 0..<node.size {
      guard let start = gradientWindow.segment(of: rank).baseAddress else { preconditionFailure("no gradient") }
      gradients[rank] = UnsafePointer(start)
    }
    self.gradientWindow = consume gradientWindow
    self.replicaWindow = consume replicaWindow
  }

  /// Bytes of shared memory that a node needs.
  static func bytes(layout: ReplicaLayout, ranks: Int) -> Int {
    let floats = (ranks + 1) * padded(layout.parameterCount) + layout.derivedCount
    // Each segment may lie anywhere in a page.
    return floats * 4 + ranks * NodeBarrier.linesPerRank(ranks: ranks) * 128 + (3 * ranks + 3) * 4096
  }

  /// A multiple of two cache lines: gradients of two ranks, parameters and what is derived from them never share one.
  private static func padded(_ count: Int) -> Int { (count + 31) / 32 * 32 }

  /// Frees it all. Collective over the node, and nothing in it may be used afterwards.
  func close() throws {
    try barrier.close()
    try gradientWindow.take()?.free()
    try replicaWindow.take()?.free()
  }
}

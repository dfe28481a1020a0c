import GPT
import MPI

/// What the ranks of a node have in common: a gradient of each, one replica of the model, and a barrier.
///
/// All of it is read by all of them. A rank writes its own gradient, and of the replica its slice; the barrier is
/// what tells the others.
final class NodeMemory {
  let node: Communicator
  let barrier: NodeBarrier
  /// Where each rank of the node leaves its gradients of (P), one rank's behind the other's.
  let gradients: AlignedBuffer<UnsafePointer<Float>>
  /// (P) each, this rank's gradients: the first, and floats from one to the next.
  let ownGradient: UnsafeMutablePointer<Float>
  let gradientStride: Int
  /// Parameters and derived weights, the node's only ones.
  let replica: Replica
  private var gradientWindow: SharedWindow<Float>?
  private var replicaWindow: SharedWindow<Float>?

  /// Collective over the node.
  ///
  /// - Parameters:
  ///   - own: which parameters, and weights derived from them, this rank writes.
  ///   - gradientCounts: how many gradients each rank of the node leaves; nil for one each.
  init(layout: ReplicaLayout, own: Range<Int>, gradientCounts: [Int]? = nil, node: Communicator) throws {
    self.node = node
    barrier = try NodeBarrier(node: node, spins: eachHasACore(on: node))
    let count = layout.parameterCount
    let counts = gradientCounts ?? Array(repeating: 1, count: node.size)
    gradientStride = Self.padded(count)
    let gradientWindow = try SharedWindow<Float>(on: node, count: counts[node.rank] * Self.padded(count))
    // Untouched: its pages are to lie with the ranks that own them.
    let replicaWindow = try SharedWindow<Float>(
      on: node, count: node.rank == 0 ? Self.padded(count) + layout.derivedCount : 0, touched: false)
    guard let parameters = replicaWindow.segment(of: 0).baseAddress, let gradient = gradientWindow.local.baseAddress
    else { preconditionFailure("windows without memory") }
    replica = Replica(parameters: parameters, derived: parameters + Self.padded(count), isShared: true, own: own)
    ownGradient = gradient
    gradients = AlignedBuffer(zeros: counts.reduce(0, +))
    var index = 0
    for rank in 0..<node.size {
      guard let start = gradientWindow.segment(of: rank).baseAddress else { preconditionFailure("no gradient") }
      for own in 0..<counts[rank] {
        gradients[index] = UnsafePointer(start + own * Self.padded(count))
        index += 1
      }
    }
    self.gradientWindow = consume gradientWindow
    self.replicaWindow = consume replicaWindow
  }

  /// Bytes of shared memory that a node needs.
  ///
  /// - Parameter gradients: of all its ranks together.
  static func bytes(layout: ReplicaLayout, ranks: Int, gradients: Int) -> Int {
    let floats = (gradients + 1) * padded(layout.parameterCount) + layout.derivedCount
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

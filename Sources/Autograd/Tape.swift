import Kernels

/// Every scalar operation of a computation, in the order of execution, and the derivatives of its result by walking
/// back over them.
///
/// An operation becomes one node: its value, and for each operand the derivative of this value by it. The chain rule
/// is then one line: a node's gradient times that derivative is added to the operand's gradient. Operands stand before
/// what is computed from them, so one pass from the last node to the first visits every node after all its uses.
///
/// Nothing here knows vectors or matrices: that is why it is short, and why it is slow.
///
/// Source: reverse mode, Griewank and Walther, "Evaluating Derivatives" (2008), §3.2; with a node for every scalar, as
/// Karpathy's microgpt has it.
public final class Tape<Real: ScalarReal> {
  /// Behind a pointer, which values can hold: a reference to this class would be counted in every operation, and that
  /// costs more than the operation.
  private let nodes: UnsafeMutablePointer<[Node<Real>]>

  public init() {
    nodes = .allocate(capacity: 1)
    nodes.initialize(to: [])
  }

  deinit {
    nodes.deinitialize(count: 1)
    nodes.deallocate()
  }

  /// The number of nodes.
  public var count: Int { nodes.pointee.count }

  /// A number that is computed from nothing: an input, a parameter.
  public func input(_ value: Real) -> Value<Real> { Value(value, in: nodes) }

  /// Sets every node's gradient to d (scale · result) / d node.
  ///
  /// - Parameter result: a value of this tape.
  public func backward(from result: Value<Real>, scale: Real = 1) {
    nodes.pointee.withUnsafeMutableBufferPointer { nodes in
      for index in nodes.indices { nodes[index].gradient = 0 }
      nodes[Int(result.index)].gradient = scale
      for index in stride(from: Int(result.index), through: 0, by: -1) {
        let node = nodes[index]
        if let first = node.first { nodes[Int(first.node)].gradient += first.derivative * node.gradient }
        if let second = node.second { nodes[Int(second.node)].gradient += second.derivative * node.gradient }
      }
    }
  }

  /// Keeps the first `count` nodes. Values of later ones may not be used any more.
  public func forget(downTo count: Int) { nodes.pointee.removeLast(nodes.pointee.count - count) }

  /// Bytes of one node.
  public static var bytesPerNode: Int { MemoryLayout<Node<Real>>.stride }
}

/// The result of one operation.
struct Node<Real: ScalarReal> {
  var value: Real
  /// d result / d value, after `backward`.
  var gradient: Real = 0
  /// What it was computed from, as far as derivatives are concerned.
  var first, second: Operand<Real>?
}

/// A node that another one was computed from, and d other / d node.
struct Operand<Real: ScalarReal> {
  var node: Int32
  var derivative: Real
}

import GPT
import Kernels

/// Adds gradients up in a tree's order, a block at a time, so that what is in between stays in the nearest cache.
final class TreeSum {
  private let steps: [SummationTree.Step]
  private let nodes: [UnsafePointer<Float>]
  /// Where nothing is to be added up: the tree node that is the sum.
  private let only: Int
  /// One block per slot.
  private let slots: AlignedBuffer<Float>
  /// (P): of it only what is added up here is ever touched.
  private let buffer: AlignedBuffer<Float>

  /// Floats; a slot takes 4 KiB.
  private static let block = 1024

  /// - Parameters:
  ///   - nodes: (P) each: the gradients there are, in the order of their micro-shards.
  ///   - ranges: which tree nodes they are.
  ///   - root: the tree node whose sum is wanted; nil for the whole tree.
  init(
    _ tree: SummationTree, root: Range<Int>? = nil, nodes: [UnsafePointer<Float>], ranges: [Range<Int>],
    parameterCount: Int
  ) {
    steps = tree.steps(from: ranges, to: root)
    self.nodes = nodes
    only = ranges.firstIndex(of: root ?? 0..<tree.leaves) ?? 0
    slots = AlignedBuffer(zeros: (1 + (steps.map(\.target).max() ?? 0)) * Self.block)
    buffer = AlignedBuffer(zeros: parameterCount)
  }

  /// (P), the sum of what has been added up.
  var sums: UnsafePointer<Float> { steps.isEmpty ? nodes[only] : UnsafePointer(buffer.pointer) }

  /// Adds up `range` of the gradients.
  func sum(_ range: Range<Int>) {
    guard !steps.isEmpty else { return }
    var start = range.lowerBound
    while start < range.upperBound {
      let count = min(Self.block, range.upperBound - start)
      for index in steps.indices {
        let step = steps[index]
        let isLast = index == steps.count - 1
        add(
          count: count, address(step.left, start), address(step.right, start),
          target: isLast ? buffer.pointer + start : slots.pointer + step.target * Self.block)
      }
      start += count
    }
  }

  private func address(_ operand: SummationTree.Operand, _ start: Int) -> UnsafePointer<Float> {
    switch operand {
    case .node(let index): nodes[index] + start
    case .slot(let slot): UnsafePointer(slots.pointer) + slot * Self.block
    }
  }
}

// A reproducible run of one rank, as `ddp-train --reproducible` has it, for the C program `step`.
import CSIMD
import GPT
import Kernels

/// Trains from the seed 1, in a linear schedule.
///
/// - Parameters:
///   - kind: 0 for vectors, 1 for the matrix unit, 2 for one number at a time.
///   - letters: the data set, as `step_gradient` takes names.
///   - microShards: a power of two.
///   - parameters: (P); overwritten by those after the last step.
@_cdecl("reproducible_run")
public func reproducibleRun(
  kind: CInt, letters: UnsafePointer<UInt8>, width: Int, heads: Int, batch: Int, microShards: Int, steps: Int,
  learningRate: Double, parameters: UnsafeMutablePointer<Float>
) {
  csimd_flush_denormals(0)
  guard let shape = try? Shape(dModel: width, heads: heads) else { fatalError("no such shape") }
  var options = EngineOptions(kind: kind == 2 ? .scalar : kind == 1 ? .sme2 : .simd)
  options.arithmetic = .defined
  let tree = SummationTree(batch: batch, leaves: min(batch, microShards))
  let run = ReproducibleRun(
    VectorEngine(
      shape: shape, names: min(tree.names(of: 0).count, ReproducibleRun.mostNames(shape)), options: options), tree,
    parameters)
  let seed: UInt64 = 1
  shape.initialise(parameters, seed: seed)
  run.engine.parametersChanged(parameters)
  var names = readNames(letters)
  names.sort()
  let sampler = BatchSampler(seed: seed, names: names.count, batch: batch)
  let indices = AlignedBuffer<UInt32>(zeros: batch)
  for step in 0..<steps {
    sampler.sortedBatch(step: step, into: indices.buffer)
    run.step(
      indices.buffer.map { names[Int($0)] }, update: step + 1,
      learningRate: learningRate
        * LearningRateSchedule.linear.factor(step: step, steps: steps, warmUp: 0))
  }
}

private final class ReproducibleRun {
  let engine: VectorEngine
  private let tree: SummationTree
  private let parameters: UnsafeMutablePointer<Float>
  private let first, second: AlignedBuffer<Float>
  /// (P) each: the gradients of nodes, of which one a level of the tree waits for others; and of a piece.
  private let gradients: AlignedBuffer<Float>

  init(_ engine: VectorEngine, _ tree: SummationTree, _ parameters: UnsafeMutablePointer<Float>) {
    (self.engine, self.tree, self.parameters) = (engine, tree, parameters)
    let count = engine.shape.parameterCount
    first = AlignedBuffer(zeros: count)
    second = AlignedBuffer(zeros: count)
    gradients = AlignedBuffer(zeros: (SummationTree.levels(leaves: tree.leaves) + 2) * count)
  }

  /// Of a piece of a micro-shard, as `ShardPass` cuts it.
  static func mostNames(_ shape: Shape) -> Int { max(6144 / shape.dModel, 16) }

  func step(_ names: [Name], update: Int, learningRate: Double) {
    var positions = 0
    for name in names { positions += name.positions }
    addUp(0..<tree.leaves, level: 0, names, scale: 1 / Double(positions))
    let model = ModelArrays(parameters: parameters, first: first.pointer, second: second.pointer)
    engine.adam(
      AdamSlice(model, range: 0..<engine.shape.parameterCount, learningRate: learningRate, update: update),
      gradient: UnsafePointer(gradients.pointer))
  }

  /// Leaves a node's gradient in that of its level.
  private func addUp(_ node: Range<Int>, level: Int, _ names: [Name], scale: Double) {
    let count = engine.shape.parameterCount
    let gradient = gradients.pointer + level * count
    guard node.count > 1 else {
      let own = tree.names(of: node.lowerBound)
      let pieces = (own.count + Self.mostNames(engine.shape) - 1) / Self.mostNames(engine.shape)
      for piece in 0..<pieces {
        let first = own.lowerBound + own.count * piece / pieces
        let end = own.lowerBound + own.count * (piece + 1) / pieces
        names.withUnsafeBufferPointer {
          _ = engine.forward(UnsafeBufferPointer(rebasing: $0[first..<end]), parameters: parameters, scale: scale)
        }
        engine.backward(parameters: parameters, gradient: piece == 0 ? gradient : gradient + count)
        if piece > 0 { add(count: count, UnsafePointer(gradient), UnsafePointer(gradient + count), target: gradient) }
      }
      return
    }
    let (left, right) = SummationTree.children(of: node)
    addUp(left, level: level, names, scale: scale)
    addUp(right, level: level + 1, names, scale: scale)
    add(count: count, UnsafePointer(gradient), UnsafePointer(gradient + count), target: gradient)
  }
}

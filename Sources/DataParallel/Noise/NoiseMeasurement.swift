import GPT
import Kernels
import MPI

/// Measures the gradient noise scale at frozen parameters, on all ranks, a share of the groups on each. Nothing of the training
/// is touched: the parameters are read, and all else has memory of its own.
///
/// Two passes over the groups, as for any variance that is to be exact: the first finds the mean gradient, the second how
/// far each group is from it. So no group's gradient need be kept.
final class NoiseMeasurement {
  private let groups: NoiseGroups
  private let training: (names: Int, predictions: Int)
  private let engine: any Engine
  /// (P)
  private let parameters: UnsafePointer<Float>
  private let rank, ranks: Int
  /// Adds an array up over the ranks, in place on each.
  private let sum: (UnsafeMutableBufferPointer<Double>) throws -> Void
  /// (P): of some neighbours of a group.
  private let part: AlignedBuffer<Float>
  /// (P): the mean gradient of a group.
  private let gradient: AlignedBuffer<Double>
  /// (P + 2): the mean gradient of all groups, their predictions, and how many ranks were stopped.
  private let mean: AlignedBuffer<Double>
  /// (3 K + 1): of each group what `NoiseGroup` has, written by the one rank that has the group; how many ranks were stopped.
  private let found: AlignedBuffer<Double>

  /// Floats for each parameter.
  static let floatsPerParameter = 5

  /// - Parameters:
  ///   - groups: of the training names.
  ///   - names: all training names.
  ///   - engine: with room for `TrainingStep.evaluationBatch` names.
  ///   - parameters: (P), the same on every rank whenever `measure` is called.
  ///   - rank, ranks: which of the groups are computed here.
  init(
    _ groups: NoiseGroups, names: NameTable, engine: any Engine, parameters: UnsafePointer<Float>, rank: Int,
    ranks: Int,
    sum: @escaping (UnsafeMutableBufferPointer<Double>) throws -> Void
  ) {
    self.groups = groups
    training = (names.count, names.names.reduce(0) { $0 + $1.positions })
    (self.engine, self.parameters, self.rank, self.ranks, self.sum) = (engine, parameters, rank, ranks, sum)
    let count = engine.shape.parameterCount
    part = AlignedBuffer(zeros: count)
    gradient = AlignedBuffer(zeros: count)
    mean = AlignedBuffer(zeros: count + 2)
    found = AlignedBuffer(zeros: 3 * groups.count + 1)
  }

  /// - Parameters:
  ///   - names: the training names, at least two, the same on every rank.
  ///   - engine, parameters: as above.
  convenience init(
    seed: UInt64, names: NameTable, engine: any Engine, parameters: UnsafePointer<Float>, world: Communicator
  ) {
    self.init(
      NoiseGroups(seed: seed, table: names), names: names, engine: engine, parameters: parameters, rank: world.rank,
      ranks: world.size
    ) { try world.allReduce(inPlace: $0) }
  }

  /// Collective.
  ///
  /// - Parameter step: which groups are drawn.
  /// - Returns: nil, on all ranks, where a stop request has left no time for it.
  func measure(step: Int) throws -> NoiseScale? {
    var time = LastWords()
    let count = engine.shape.parameterCount
    groups.draw(step: step)
    mean.buffer.update(repeating: 0)
    found.buffer.update(repeating: 0)
    let isWhole = forEachOwn(&time) { index, predictions in
      found[3 * index] = Double(predictions)
      for i in 0..<count { mean[i] += Double(predictions) * gradient[i] }
      mean[count] += Double(predictions)
    }
    mean[count + 1] = isWhole ? 0 : 1
    try sum(mean.buffer)
    guard mean[count + 1] == 0 else { return nil }
    var meanSquared = 0.0
    for i in 0..<count {
      mean[i] /= mean[count]
      meanSquared += mean[i] * mean[i]
    }
    let isAgain = forEachOwn(&time) { index, predictions in
      var (square, projection) = (0.0, 0.0)
      for i in 0..<count {
        let deviation = Double(predictions) * (gradient[i] - mean[i])
        square += deviation * deviation
        projection += deviation * mean[i]
      }
      (found[3 * index + 1], found[3 * index + 2]) = (square, projection)
    }
    found[3 * groups.count] = isAgain ? 0 : 1
    try sum(found.buffer)
    guard found[3 * groups.count] == 0 else { return nil }
    return NoiseScale(
      groups: (0..<groups.count).map {
        NoiseGroup(
          predictions: Int(found[3 * $0]), deviationSquared: found[3 * $0 + 1], projection: found[3 * $0 + 2])
      }, meanSquared: meanSquared, names: groups.names, trainingNames: training.names,
      trainingPredictions: training.predictions)
  }

  /// Computes the gradient of each group of this rank, one after the other.
  ///
  /// - Returns: whether there was time for all of them.
  private func forEachOwn(_ time: inout LastWords, _ body: (_ index: Int, _ predictions: Int) -> Void) -> Bool {
    for index in stride(from: rank, to: groups.count, by: ranks) {
      guard !time.areOverSoon() else { return false }
      body(index, computeGradient(ofGroup: index))
    }
    return true
  }

  /// - Returns: the group's predictions, which its gradient is the mean over.
  private func computeGradient(ofGroup index: Int) -> Int {
    let (names, predictions) = groups.members(of: index)
    let most = TrainingStep.evaluationBatch
    let pieces = (names.count + most - 1) / most
    gradient.buffer.update(repeating: 0)
    for piece in 0..<pieces {
      let own = names[names.count * piece / pieces..<names.count * (piece + 1) / pieces]
      _ = engine.forward(
        UnsafeBufferPointer(rebasing: own), parameters: parameters, scale: 1 / Double(predictions))
      engine.backward(parameters: parameters, gradient: part.pointer)
      accumulate(count: part.count, part.pointer, sums: gradient.pointer)
    }
    return predictions
  }
}

import DataParallel
import Dataset
import Foundation
import GPT

/// The names of the package.
func packageNames() throws -> NameTable {
  let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  return try NameSet(path: package.appendingPathComponent("data/names.txt").path).table
}

/// N ranks' training in one process and without MPI: gradients are summed in the order of the ranks.
final class SimulatedRanks {
  /// What a rank multiplies its loss sum by.
  enum Scale {
    /// 1 / predicted positions of the global batch: right.
    case global
    /// 1 / (N · predicted positions of the shard): the mean of the ranks' means, the classic fault.
    case meanOfMeans
  }

  let state: ModelState
  private let names: NameTable
  private let sampler: BatchSampler
  private let ranks: Int
  private let engines: [any Engine]
  private let scale: Scale
  private var indices: [UInt32]

  init(
    ranks: Int, batch: Int, names: NameTable, dModel: Int = 32, engine: EngineKind = .auto, seed: UInt64 = 1,
    scale: Scale = .global
  ) throws {
    let shape = try Shape(dModel: dModel, heads: 4)
    self.ranks = ranks
    self.names = names
    self.scale = scale
    state = ModelState(shape: shape, seed: seed)
    sampler = BatchSampler(seed: seed, names: names.count, batch: batch)
    engines = (0..<ranks).map {
      EngineOptions(kind: engine).make(shape: shape, names: max(1, shard(batch: batch, rank: $0, ranks: ranks).count))
    }
    indices = [UInt32](repeating: 0, count: batch)
    for engine in engines { engine.parametersChanged(state.parameters.pointer) }
  }

  /// The losses of a whole run.
  func losses(steps: Int, learningRate: Double = 0.01) -> [Double] {
    (0..<steps).map { step($0, learningRate: learningRate * (1 - Double($0) / Double(steps))) }
  }

  /// The mean loss of a step's batch.
  private func step(_ step: Int, learningRate: Double) -> Double {
    indices.withUnsafeMutableBufferPointer { sampler.sortedBatch(step: step, into: $0) }
    let batch = indices.map { names.names[Int($0)] }
    let count = state.shape.parameterCount
    var sum = [Float](repeating: 0, count: count)
    var gradient = [Float](repeating: .nan, count: count)
    var loss = 0.0
    for rank in 0..<ranks {
      let own = Array(batch[shard(batch: batch.count, rank: rank, ranks: ranks)])
      let factor = factor(own: own, all: batch)
      let lossSum = own.withUnsafeBufferPointer {
        engines[rank].forward($0, parameters: state.parameters.pointer, scale: factor)
      }
      engines[rank].backward(parameters: state.parameters.pointer, gradient: &gradient)
      loss += lossSum * factor
      for i in 0..<count { sum[i] += gradient[i] }
    }
    engines[0].adam(
      AdamSlice(state.arrays, range: 0..<count, learningRate: learningRate, update: step + 1), gradient: sum)
    for engine in engines { engine.parametersChanged(state.parameters.pointer) }
    return loss
  }

  private func factor(own: [Name], all: [Name]) -> Double {
    switch scale {
    case .global: 1 / Double(positions(all))
    case .meanOfMeans: own.isEmpty ? 0 : 1 / Double(positions(own)) / Double(ranks)
    }
  }

  private func positions(_ names: [Name]) -> Int { names.reduce(0) { $0 + $1.positions } }
}

/// The largest relative difference of two curves; infinite where a value is not a number.
func largestError(_ losses: [Double], _ expected: [Double]) -> Double {
  let errors = zip(losses, expected).map { abs($0 - $1) / abs($1) }
  return errors.contains { $0.isNaN } ? .infinity : errors.max() ?? .infinity
}

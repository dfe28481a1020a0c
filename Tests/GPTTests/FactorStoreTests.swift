import GPT
import TestSupport
import Testing

/// Engines that keep factors, against those that write gradients.
@Suite struct FactorStoreTests {
  struct Model {
    var parameters, first, second: [Float]
    /// Of the weights that engines derive.
    let memory: Window

    init(_ shape: Shape) {
      parameters = randomParameters(shape, seed: 2)
      first = parameters.map { _ in 0 }
      second = first
      memory = Window(EngineOptions(kind: .simd).layout(shape: shape).derivedCount)
    }
  }

  /// Two ranks, one of two passes, on one replica, over three steps; evaluation in between uses other memory.
  @Test(arguments: [(16, 4), (48, 3), (80, 4), (128, 8)])
  func ranksArriveWhereGradientsDo(size: (Int, Int)) throws {
    let shape = try Shape(dModel: size.0, heads: size.1)
    let options = EngineOptions(kind: .simd)
    let layout = options.layout(shape: shape)
    let room = FactorStore.Room(names: 4, groups: 2, passes: 2)
    let windows = (0..<2).map { _ in Window(room.count(shape)) }
    defer { withExtendedLifetime(windows) {} }
    let stores = (0..<2).map {
      FactorStore(shape: shape, room: room, memory: windows.map(\.pointer), rank: $0)
    }
    var (model, plain) = (Model(shape), Model(shape))
    let engines = stores.map { options.make(shape: shape, names: 9, derived: model.memory.pointer, factors: $0) }
    let alone = options.make(shape: shape, names: 9, derived: plain.memory.pointer)
    engines[0].parametersChanged(model.parameters)
    alone.parametersChanged(plain.parameters)
    var random = SeededRandom(seed: 4)
    for step in 0..<3 {
      let shards = [[3, 2], [4]].map { $0.map { randomNames($0, random: &random) } }
      var sum: [Float]?
      for (rank, shard) in shards.enumerated() {
        var own: [Float]?
        for (index, names) in shard.enumerated() {
          own = added(own, pass(alone, names, plain.parameters, scale: 0.1).gradient)
          keep([(names, rank + (index > 0 ? 1 : 0))], engines[rank], stores[rank], model.parameters)
        }
        sum = added(sum, try #require(own))
        stores[rank].publish()
      }
      alone.adam(
        range: 0..<shape.parameterCount, learningRate: 0.01, update: step + 1, gradient: try #require(sum),
        parameters: &plain.parameters, first: &plain.first, second: &plain.second)
      for (rank, slice) in layout.slices(2, .stripes).enumerated() {
        model.parameters.withUnsafeMutableBufferPointer { p in
          model.first.withUnsafeMutableBufferPointer { m in
            model.second.withUnsafeMutableBufferPointer { v in
              guard let p = p.baseAddress, let m = m.baseAddress, let v = v.baseAddress else { return }
              engines[rank].adam(
                AdamSlice(
                  ModelArrays(parameters: p, first: m, second: v), range: slice, learningRate: 0.01, update: step + 1),
                factors: stores[rank])
            }
          }
        }
      }
      for store in stores { store.clear() }
      #expect(firstDifference(model.parameters, plain.parameters) == nil, "step \(step)")
      #expect(firstDifference(model.first, plain.first) == nil, "step \(step)")
      #expect(firstDifference(model.second, plain.second) == nil, "step \(step)")
      let judged = randomNames(9, random: &random)
      let losses = (engines + [alone]).map { engine in
        judged.withUnsafeBufferPointer { engine.forward($0, parameters: model.parameters, scale: 0) }
      }
      #expect(Set(losses).count == 1, "\(losses)")
    }
  }

  /// Parts of one sorted batch, whose first names begin as the ones before do: computed at once, and one after the other.
  @Test(
    "parts that are computed at once have the gradient that they have alone",
    arguments: [(16, 4), (48, 3), (64, 4), (80, 5)], [true, false])
  func parts(size: (Int, Int), sharing: Bool) throws {
    let shape = try Shape(dModel: size.0, heads: size.1)
    var options = EngineOptions(kind: .simd)
    options.sharesPrefixes = sharing
    let store = FactorStore(shape: shape, room: FactorStore.Room(names: 40, groups: 2, passes: 8))
    let parameters = randomParameters(shape, seed: 2)
    let together = options.make(shape: shape, names: 40, factors: store)
    let alone = options.make(shape: shape, names: 40)
    together.parametersChanged(parameters)
    var random = SeededRandom(seed: UInt64(size.0))
    for (sizes, folds) in [([7], [0]), ([1, 1, 1, 1], [0, 1, 0, 2]), ([4, 9, 1, 12, 14], [0, 1, 0, 2, 1])] {
      // Two letters: deep trees.
      let names = randomNames(sizes.reduce(0, +), alphabet: 2, random: &random)
      var (start, stack, parts) = (0, [[Float]](), [([Name], Int)]())
      for (size, folds) in zip(sizes, folds) {
        let part = Array(names[start..<start + size])
        start += size
        parts.append((part, folds))
        stack.append(pass(alone, part, parameters, scale: 0.1).gradient)
        for _ in 0..<folds {
          let right = stack.removeLast()
          stack.append(added(stack.removeLast(), right))
        }
      }
      // In one group, and in two.
      for cut in [parts.count, (parts.count + 1) / 2] {
        keep(Array(parts[..<cut]), together, store, parameters)
        keep(Array(parts[cut...]), together, store, parameters)
        var gradient = [Float](repeating: .nan, count: shape.parameterCount)
        together.gradient(of: store, to: &gradient)
        store.clear()
        #expect(firstDifference(gradient, stack[0]) == nil, "\(sizes), cut at \(cut)")
      }
    }
  }

  /// - Parameter parts: a group's, and the folds of each.
  private func keep(
    _ parts: [(names: [Name], folds: Int)], _ engine: any Engine, _ store: FactorStore, _ parameters: [Float]
  ) {
    guard !parts.isEmpty else { return }
    for part in parts { store.addPass(names: part.names.count, folds: part.folds) }
    store.beginGroup()
    _ = parts.flatMap(\.names).withUnsafeBufferPointer { engine.forward($0, parameters: parameters, scale: 0.1) }
    engine.backward(parameters: parameters, gradient: store.embeddingGradients)
    store.endGroup()
  }

  private func added(_ sum: [Float]?, _ term: [Float]) -> [Float] {
    sum.map { zip($0, term).map { $0 + $1 } } ?? term
  }

  /// Memory that several engines share.
  final class Window {
    private let buffer: AlignedBuffer<Float>
    var pointer: UnsafeMutablePointer<Float> { buffer.pointer }
    init(_ count: Int) { buffer = AlignedBuffer(zeros: count) }
  }
}

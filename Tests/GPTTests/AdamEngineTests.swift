import GPT
import TestSupport
import Testing

/// The engines' optimisers over a run, and over the slices that ranks own.
@Suite struct AdamEngineTests {
  struct State {
    var parameters, first, second: [Float]

    init(_ shape: Shape) {
      parameters = randomParameters(shape, seed: 2)
      first = [Float](repeating: 0, count: shape.parameterCount)
      second = first
    }

    mutating func update(
      _ engine: any Engine, _ step: Int, _ gradient: [Float], ranges: [Range<Int>], learningRate: Double = 0.01,
      beta2: Double = 0.99
    ) {
      for range in ranges {
        engine.adam(
          range: range, learningRate: learningRate, update: step + 1, beta2: beta2, gradient: gradient,
          parameters: &parameters, first: &first, second: &second)
      }
    }
  }

  /// Over 60 updates of 0.01 the parameters walk up to 0.6. The scalar engine's 1 − β₂ᵗ in single precision is
  /// off by 6e-6 of itself at first, which is the bound's size. Its β₂ is rounded, by a quarter ulp of 1, and so its 1 − β₂.
  @Test(arguments: [0.9, 0.99, 0.999]) func enginesAgree(beta2: Double) throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let scalar = makeEngine(.scalar, shape: shape, names: 1)
    let vector = makeEngine(.simd, shape: shape, names: 1)
    var (one, other) = (State(shape), State(shape))
    let start = one.parameters
    var random = SeededRandom(seed: 1)
    for step in 0..<60 {
      let gradient = random.floats(shape.parameterCount, magnitude: step % 7 == 0 ? 1 : 1e-3)
      one.update(scalar, step, gradient, ranges: [0..<shape.parameterCount], beta2: beta2)
      other.update(vector, step, gradient, ranges: [0..<shape.parameterCount], beta2: beta2)
    }
    let moved = zip(one.parameters, start).map { $0 - $1 }
    let otherMoved = zip(other.parameters, start).map { $0 - $1 }
    #expect(normwiseError(otherMoved, moved) < 1e-5)
    #expect(normwiseError(other.first, one.first) < 1e-6)
    #expect(normwiseError(other.second, one.second) < max(1e-6, Double(Float.ulpOfOne) / 4 / (1 - beta2)))
    #expect(worstElementError(otherMoved, moved) < 1e-4)
  }

  /// A rank updates its slice alone: the result must be the same to the bit.
  @Test(arguments: [1, 2, 3, 4, 7, 16, 50], EngineKind.available)
  func slicesGiveTheSameBits(ranks: Int, kind: EngineKind) throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let engine = makeEngine(kind, shape: shape, names: 1)
    let count = shape.parameterCount
    let slices = EngineOptions(kind: kind).layout(shape: shape).slices(ranks, .tiles)
    var (whole, sliced) = (State(shape), State(shape))
    var random = SeededRandom(seed: 1)
    for step in 0..<5 {
      let gradient = random.floats(count, magnitude: 1e-2)
      whole.update(engine, step, gradient, ranges: [0..<count])
      sliced.update(engine, step, gradient, ranges: slices.reversed())
    }
    #expect(firstDifference(sliced.parameters, whole.parameters) == nil)
    #expect(firstDifference(sliced.first, whole.first) == nil)
    #expect(firstDifference(sliced.second, whole.second) == nil)
  }

  /// Many gradients are added up before the update, a few within it; both in their order.
  @Test(arguments: [2, 3, 16, 17, 40], [1, 3, 50])
  func manyGradients(gradients: Int, ranks: Int) throws {
    let shape = try Shape(dModel: 48, heads: 3)
    let engine = makeEngine(.simd, shape: shape, names: 1)
    let count = shape.parameterCount
    var random = SeededRandom(seed: 4)
    let all = (0..<gradients).map { _ in random.floats(count, magnitude: 1e-2) }
    let sum = (0..<count).map { i in all.dropFirst().reduce(all[0][i]) { $0 + $1[i] } }
    var (expected, state) = (State(shape), State(shape))
    expected.update(engine, 0, sum, ranges: [0..<count])
    let memory = all.map { gradient in
      let buffer = UnsafeMutablePointer<Float>.allocate(capacity: count)
      buffer.initialize(from: gradient, count: count)
      return buffer
    }
    defer { for buffer in memory { buffer.deallocate() } }
    for slice in EngineOptions(kind: .simd).layout(shape: shape).slices(ranks, .tiles) {
      state.parameters.withUnsafeMutableBufferPointer { p in
        state.first.withUnsafeMutableBufferPointer { m in
          state.second.withUnsafeMutableBufferPointer { v in
            guard let p = p.baseAddress, let m = m.baseAddress, let v = v.baseAddress else { return }
            let model = ModelArrays(parameters: p, first: m, second: v)
            memory.map { UnsafePointer($0) }.withUnsafeBufferPointer {
              engine.adam(AdamSlice(model, range: slice, learningRate: 0.01, update: 1), gradients: $0)
            }
          }
        }
      }
    }
    #expect(firstDifference(state.parameters, expected.parameters) == nil)
    #expect(firstDifference(state.first, expected.first) == nil)
    #expect(firstDifference(state.second, expected.second) == nil)
  }

  /// An update renews the engine's own copies of the weights, whole or slice by slice, and also those of a stripe
  /// that a slice's end cuts.
  @Test(arguments: [1, 2, 3, 7, 50], [(16, 4), (48, 3), (80, 4)])
  func copiesAreRenewed(ranks: Int, size: (Int, Int)) throws {
    let shape = try Shape(dModel: size.0, heads: size.1)
    let names = [Name("anna"), Name("bo")]
    let slices = EngineOptions(kind: .simd).layout(shape: shape).slices(ranks, .tiles)
    let (engine, fresh) = (makeEngine(.simd, shape: shape, names: 2), makeEngine(.simd, shape: shape, names: 2))
    var state = State(shape)
    let before = pass(engine, names, state.parameters, scale: 1)
    state.update(engine, 0, before.gradient, ranges: slices)
    let after = names.withUnsafeBufferPointer { engine.forward($0, parameters: state.parameters, scale: 1) }
    #expect(after == pass(fresh, names, state.parameters, scale: 1).loss)
    #expect(after < before.loss)
  }

  @Test(arguments: EngineKind.available, [0..<0, 5..<6, 100..<133])
  func nothingOutsideTheRangeChanges(kind: EngineKind, range: Range<Int>) throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let gradient = [Float](repeating: 1, count: shape.parameterCount)
    let before = State(shape)
    var after = before
    after.update(makeEngine(kind, shape: shape, names: 1), 0, gradient, ranges: [range])
    for i in 0..<shape.parameterCount {
      let changed = before.parameters[i] != after.parameters[i]
      guard changed == range.contains(i), (after.first[i] != 0) == changed, (after.second[i] != 0) == changed else {
        Issue.record("element \(i)")
        return
      }
    }
  }

  /// The first update's direction is the gradient's sign and its length the learning rate: bias is corrected.
  @Test(arguments: EngineKind.available)
  func firstUpdateIsTheLearningRate(kind: EngineKind) throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let gradient = (0..<shape.parameterCount).map { $0 % 2 == 0 ? Float(0.01) : -3 }
    let before = State(shape)
    var after = before
    after.update(
      makeEngine(kind, shape: shape, names: 1), 0, gradient, ranges: [0..<shape.parameterCount], learningRate: 0.125)
    let expected = before.parameters.enumerated().map { Double($1) - ($0 % 2 == 0 ? 0.125 : -0.125) }
    #expect(firstMismatch(after.parameters, expected) { _ in 0.125 * 1e-5 } == nil)
  }
}

import CSIMD
import Foundation
import Kernels
import TestSupport
import Testing

@testable import GPT

@Suite("engines in the defined arithmetic") struct DefinedEngineTests {
  private func engine(_ kind: EngineKind, _ shape: Shape, names: Int) -> any Engine {
    var options = EngineOptions(kind: kind)
    options.arithmetic = .defined
    return options.make(shape: shape, names: names)
  }

  /// Parameters and moments after some steps of an engine that computes one number at a time, and of one in vectors; SME2's runs
  /// in Tests/arm64.
  @Test(
    "the same bits in plain loops and in vectors",
    arguments: [(16, 4), (32, 4), (48, 3), (48, 12), (64, 4), (80, 5), (128, 8)])
  func steps(dModel: Int, heads: Int) throws {
    csimd_flush_denormals(0)
    let shape = try Shape(dModel: dModel, heads: heads)
    var results: [[Float]] = []
    for kind in [EngineKind.scalar, .simd] {
      var random = SeededRandom(seed: 5)
      let engine = engine(kind, shape, names: 24)
      var parameters = randomParameters(shape, seed: 3, deviation: 0.2)
      // Moments of parameters whose gradient has long been zero are as small as numbers get.
      var first = random.floats(parameters.count).map { $0 * 0x1p-99 }
      var second = random.floats(parameters.count).map { abs($0) * 0x1p-101 }
      var gradient = [Float](repeating: .nan, count: parameters.count)
      engine.parametersChanged(parameters)
      for update in 1...3 {
        let names = randomNames(24, random: &random)
        _ = names.withUnsafeBufferPointer {
          engine.forward($0, parameters: parameters, scale: 1 / Double(positions(names)))
        }
        engine.backward(parameters: parameters, gradient: &gradient)
        engine.adam(
          range: 0..<shape.parameterCount, learningRate: 0.01, update: update, gradient: gradient,
          parameters: &parameters, first: &first, second: &second)
      }
      results.append(parameters + first + second)
    }
    #expect(results[0].map(\.bitPattern) == results[1].map(\.bitPattern))
  }

  @Test("the scalar engine of a run that is not reproducible is the model on a page") func plainModel() throws {
    let shape = try Shape(dModel: 16, heads: 4)
    #expect(EngineOptions(kind: .scalar).make(shape: shape, names: 2) is ScalarModel<Float>)
    #expect(engine(.scalar, shape, names: 2) is VectorEngine)
  }

  @Test("logarithm and cosine of the four basic operations are those of the C library, nearly") func basicMath() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<100_000 {
      let (x, turns) = (Double.random(in: 0x1p-60...1, using: &random), Double.random(in: 0...1, using: &random))
      let small = x * 0x1p-40
      for x in [x, small] { #expect(abs(BasicMath.logarithm(x) - log(x)) <= 1e-15 * max(abs(log(x)), 0.1)) }
      #expect(abs(BasicMath.cosine(turns: turns) - cos(2 * .pi * turns)) < 2e-15)
    }
    #expect([0, 0.25, 0.5, 0.75, 1].map { BasicMath.cosine(turns: $0) } == [1, 0, -1, 0, 1])
    #expect(BasicMath.logarithm(1) == 0)
  }
}

import Foundation
import Kernels
import TestSupport
import Testing

/// The vector update, made of estimates and Newton steps, against the exact scalar one.
@Suite struct AdamTests {
  /// Parameters and moments, updated by the kernel and by the twin in double precision.
  struct Run {
    var values: [Float]
    var first, second: [Float]
    /// The twin's, from the same floats; `change` is what it subtracted.
    var exact: [Double], change: [Double]
    var intact: Bool
  }

  static let learningRate = 0.01

  static func run(
    update: Int, beta2: Double = AdamStep.usualBeta2, gradient: [Float], parameters: [Float], first: [Float],
    second: [Float], _ placement: GuardPlacement
  ) -> Run {
    let powers = (pow(AdamStep.beta1, Double(update)), pow(beta2, Double(update)))
    var exact = parameters.map(Double.init)
    var (m, v) = (first.map(Double.init), second.map(Double.init))
    Scalar<Double>.adam(
      count: gradient.count, learningRate: learningRate, beta2: beta2, firstPower: powers.0, secondPower: powers.1,
      gradient: gradient.map(Double.init), parameters: &exact, first: &m, second: &v)
    let change = zip(exact, parameters).map { $0 - Double($1) }
    return withGuardedMemory(placement) { memory in
      let (p, m, v) = (memory.array(parameters), memory.array(first), memory.array(second))
      adam(
        count: gradient.count,
        step: AdamStep(learningRate: learningRate, firstPower: powers.0, secondPower: powers.1, beta2: beta2),
        gradient: memory.array(gradient), parameters: p, first: m, second: v)
      let count = gradient.count
      return Run(
        values: array(p, count), first: array(m, count), second: array(v, count), exact: exact, change: change,
        intact: memory.isIntact)
    }
  }

  /// Parameters and moments of 0 show the bare update; its error is relative to itself.
  static func firstUpdate(_ gradient: [Float], _ placement: GuardPlacement = .beforeGuard) -> Run {
    let zeros = [Float](repeating: 0, count: gradient.count)
    return run(update: 1, gradient: gradient, parameters: zeros, first: zeros, second: zeros, placement)
  }

  @Test(arguments: awkwardCounts + Array(17...31))
  func anyCount(count: Int) {
    var random = SeededRandom(seed: UInt64(count))
    let gradient = random.floats(count, magnitude: 1e-2)
    for placement in GuardPlacement.allCases {
      let run = Self.firstUpdate(gradient, placement)
      #expect(firstMismatch(run.values, run.exact) { 1e-6 * abs(run.exact[$0]) } == nil, "\(placement)")
      #expect(run.intact, "\(placement)")
    }
  }

  /// Lines that others read are taken first: so many at a time, up to the last one, and none beyond.
  @Test(arguments: awkwardCounts + [1008, 1024, 1039, 1040, 2100])
  func sharedLines(count: Int) {
    var random = SeededRandom(seed: UInt64(count))
    let (g, h) = (random.floats(count, magnitude: 1e-2), random.floats(count, magnitude: 1e-2))
    let start = random.floats(count)
    let lines = random.floats(max(count, 1))
    let step = AdamStep(learningRate: Self.learningRate, firstPower: AdamStep.beta1, secondPower: AdamStep.usualBeta2)
    for placement in GuardPlacement.allCases {
      let results = [false, true].map { isShared in
        withGuardedMemory(placement) { memory -> [Float] in
          let gradients = [Floats(memory.array(g)), Floats(memory.array(h))]
          let zeros = [Float](repeating: 0, count: count)
          let (p, m, v) = (memory.array(start), memory.array(zeros), memory.array(zeros))
          var next = AdamPrefetch(lines: memory.array(lines), stride: Vector.count)
          next.isShared = isShared
          gradients.withUnsafeBufferPointer {
            adam(
              count: count, step: step, gradients: $0, offset: 0, parameters: p, first: m, second: v, next: next)
          }
          #expect(memory.isIntact, "\(placement)")
          #expect(next.lines.map { array($0, lines.count) } == lines, "\(placement)")
          return array(p, count) + array(m, count) + array(v, count)
        }
      }
      #expect(firstDifference(results[1], results[0]) == nil, "\(placement)")
    }
  }

  /// Every power of ten from 1e-30 to 1e30, a dozen values each, of both signs.
  @Test(arguments: Array(-30...30))
  func anyMagnitude(exponent: Int) {
    var random = SeededRandom(seed: UInt64(exponent + 100))
    let scale = Float(pow(10, Double(exponent)))
    let gradient = [scale, -scale] + (0..<21).map { _ in scale * Float.random(in: 0.1...1, using: &random) }
    let run = Self.firstUpdate(gradient)
    let mismatch = firstMismatch(run.values, run.exact) {
      1e-6 * abs(run.exact[$0]) + Double(Float.leastNormalMagnitude)
    }
    #expect(mismatch == nil)
  }

  /// Zero moves nothing: letters that no name of the batch has must keep their embeddings.
  @Test func zeroGradient() {
    let run = Self.firstUpdate([Float](repeating: 0, count: 37))
    for values in [run.values, run.first, run.second] { #expect(values.allSatisfy { $0 == 0 }) }
  }

  /// In the middle of a run: moments of earlier gradients, bias corrections between their limits. Terms of m may
  /// cancel, so the bound is relative to the update that their absolute values would make.
  @Test(arguments: [1, 2, 3, 10, 100, 5000], [0.5, 0.95, 0.99, 0.999, 0.99999])
  func laterUpdates(update: Int, beta2: Double) {
    var random = SeededRandom(seed: UInt64(update))
    let count = 16 * 9 + 7
    let gradient = random.floats(count, magnitude: 1e-2)
    let first = random.floats(count, magnitude: 1e-2)
    let second = random.floats(count, magnitude: 1e-2).map { $0 * $0 + 1e-9 }
    let parameters = random.floats(count, magnitude: 0.1)
    let run = Self.run(
      update: update, beta2: beta2, gradient: gradient, parameters: parameters, first: first, second: second,
      .beforeGuardUnaligned)
    let positive = Self.run(
      update: update, beta2: beta2, gradient: gradient.map { abs($0) }, parameters: parameters,
      first: first.map { abs($0) }, second: second, .beforeGuard)
    let mismatch = firstMismatch(run.values, run.exact) {
      1e-6 * abs(positive.change[$0]) + roundingBound(terms: 1, magnitude: abs(run.exact[$0]))
    }
    #expect(mismatch == nil)
    #expect(run.intact)
    let moments = zip(first, gradient).map { (m: Float, g: Float) -> Double in 0.85 * Double(m) + 0.15 * Double(g) }
    let squares = zip(second, gradient).map { (v: Float, g: Float) -> Double in
      beta2 * Double(v) + (1 - beta2) * Double(g) * Double(g)
    }
    #expect(firstMismatch(run.first, moments) { _ in roundingBound(terms: 5, magnitude: 1e-2) } == nil)
    #expect(firstMismatch(run.second, squares) { roundingBound(terms: 5, magnitude: squares[$0]) } == nil)
  }

  /// A gradient that is infinite or no number at all shows in the parameters instead of being hidden.
  @Test(arguments: [Float.infinity, -Float.infinity, .nan])
  func divergenceShows(value: Float) {
    let run = Self.firstUpdate([Float](repeating: value, count: 19))
    #expect(run.values.allSatisfy { !$0.isFinite })
  }

  @Test func stepConstants() {
    let step = AdamStep(learningRate: 0.3, firstPower: 0.85 * 0.85, secondPower: 0.99 * 0.99)
    #expect(abs(Double(step.rate) - 0.3 / (1 - 0.7225)) < 1e-7)
    #expect(abs(Double(step.secondCorrection) - 1 / (1 - 0.9801)) < 1e-5)
  }

  /// Ranks compare fingerprints, so one machine must always give the same.
  @Test func fingerprintIsStable() {
    #expect(estimateFingerprint() == estimateFingerprint())
    #expect(estimateFingerprint() != 0)
  }
}

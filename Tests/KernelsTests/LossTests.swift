import Foundation
import Kernels
import TestSupport
import Testing

/// The softmax of rows of 27 logits against the scalar twin.
@Suite struct LossTests {
  /// Rows of 32 logits: columns 27… hold rubbish that must not count.
  static func logits(rows: Int, magnitude: Float, random: inout SeededRandom) -> [Float] {
    (0..<rows * logitsRow).map { i in i % logitsRow < 27 ? random.float(magnitude) : random.float(1e30) }
  }

  /// Relative errors that the exponentials promise.
  static let precisions: [(ExponentialKind, Double)] = [(.fast, 1e-6), (.exact, 1e-7), (.coarse, 5e-3)]

  /// Of numerator and sum the exponential's error; its argument carries the rounding of a difference as large as the
  /// spread of the logits; sum, quotient and weight add a few roundings more.
  static func relativeBound(precision: Double, magnitude: Float) -> Double {
    2 * precision + roundingBound(terms: 1, magnitude: 4 * Double(magnitude)) + roundingBound(terms: 12, magnitude: 1)
  }

  @Test(arguments: awkwardCounts, [0, 1, 10, 40, 1000] as [Float])
  func softmax(rows: Int, magnitude: Float) {
    var random = SeededRandom(seed: UInt64(rows))
    let logits = Self.logits(rows: rows, magnitude: magnitude, random: &random)
    let weight = random.floats(rows).map { abs($0) }
    var expected: [Double] = []
    var normalisers: [Double] = []
    for row in 0..<rows {
      var x = logits[row * logitsRow..<row * logitsRow + 27].map(Double.init)
      normalisers.append(Scalar<Double>.softmax(count: 27, x: &x))
      expected += x.map { $0 * Double(weight[row]) } + [Double](repeating: 0, count: logitsRow - 27)
    }
    let smallest = exp(-87.0)  // where the kernel's exponential stops falling
    let logarithm = 1e-6 * log(27.0)  // good to 1e-6 of itself; the sum is 1…27
    for ((kind, precision), placement) in zip(Self.precisions, GuardPlacement.allCases.shuffled(using: &random)) {
      let relative = Self.relativeBound(precision: precision, magnitude: magnitude)
      withGuardedMemory(placement) { memory in
        let whole = (rows + 15) / 16 * 16
        let (p, normaliser) = (memory.array(logits), memory.unwritten(whole))
        softmaxRows(
          rows: rows, exponential: kind, logits: p, weight: memory.array(weight), maximum: memory.unwritten(whole),
          logNormaliser: normaliser)
        let values = firstMismatch(array(p, rows * logitsRow), expected) { i in
          i % logitsRow < 27 ? relative * expected[i] + smallest : 0
        }
        let logs = firstMismatch(array(normaliser, rows), normalisers) { row in
          relative + logarithm + roundingBound(terms: 2, magnitude: abs(normalisers[row]) + Double(magnitude))
        }
        #expect(values == nil, "\(rows) rows of \(magnitude), \(kind)")
        #expect(logs == nil, "\(rows) rows of \(magnitude), \(kind)")
        #expect(memory.isIntact, "\(rows) rows, \(placement)")
      }
    }
  }

  /// A row that predicts nothing has no gradient, but still a normaliser.
  @Test func weightZero() {
    var random = SeededRandom(seed: 1)
    let logits = Self.logits(rows: 1, magnitude: 3, random: &random)
    withGuardedMemory(.beforeGuard) { memory in
      let (p, normaliser) = (memory.array(logits), memory.unwritten(16))
      softmaxRows(
        rows: 1, exponential: .fast, logits: p, weight: memory.array([Float(0)]), maximum: memory.unwritten(16),
        logNormaliser: normaliser)
      #expect(array(p, logitsRow).allSatisfy { $0 == 0 })
      #expect(normaliser[0].isFinite)
    }
  }

  /// The twin against closed forms: equal logits, and one that outweighs all.
  @Test func twin() {
    var equal = [Double](repeating: 3, count: 27)
    let loss = Scalar<Double>.crossEntropy(count: 27, target: 4, weight: 2, logits: &equal)
    #expect(abs(loss - log(27.0)) < 1e-15 * 27)
    #expect(abs(equal[0] - 2.0 / 27) < 1e-15 && abs(equal[4] - (2.0 / 27 - 2)) < 1e-15)

    var certain = [Double](repeating: 0, count: 27)
    certain[9] = 1000
    #expect(Scalar<Double>.crossEntropy(count: 27, target: 9, weight: 1, logits: &certain) == 0)
    #expect(certain.allSatisfy { $0 == 0 })
  }
}

import Kernels
import TestSupport
import Testing

/// An update straight from inputs and output gradients, against gradients that are written, added up and then applied: the
/// same bits.
@Suite struct FactorUpdateTests {
  /// Rows of each pass, and the brackets that close after it.
  struct Passes: CustomTestStringConvertible {
    var rows, folds: [Int]
    /// The same sum, in words.
    var testDescription: String
  }

  static let sums = [
    Passes(rows: [5], folds: [0], testDescription: "one"),
    Passes(rows: [92], folds: [0], testDescription: "one of many rows"),
    Passes(rows: [3, 40, 7], folds: [0, 1, 1], testDescription: "(0 + 1) + 2"),
    Passes(rows: [2, 3, 4, 5], folds: [0, 1, 0, 2], testDescription: "(0 + 1) + (2 + 3)"),
    Passes(rows: [9, 0, 4], folds: [0, 1, 1], testDescription: "(0 + nothing) + 2"),
    Passes(rows: [0, 6], folds: [0, 1], testDescription: "nothing + 1"),
  ]

  /// Outputs and inputs: whole blocks, narrow ones, several groups of columns, and rows that do not come out even.
  static let layers = [(16, 64), (32, 256), (27, 48), (48, 16), (64, 320), (27, 576)]

  @Test("a layer's weights, moments and copy", arguments: layers, sums)
  func layer(size: (outputs: Int, inputs: Int), sum: Passes) {
    let (N, K) = size
    let padded = (N + 15) / 16 * 16
    var random = SeededRandom(seed: UInt64(N * K + sum.rows.count))
    let x = sum.rows.map { random.floats($0 * K, magnitude: 1) }
    let dy = sum.rows.map { random.floats($0 * padded, magnitude: 1e-2) }
    let start = (random.floats(N * K, magnitude: 0.1), random.floats(N * K, magnitude: 1e-3))
    let square = random.floats(N * K, magnitude: 1e-4).map { $0 * $0 }
    let step = AdamStep(learningRate: 0.01, firstPower: 0.5, secondPower: 0.9)

    let gradients = zip(zip(x, dy), sum.rows).map { operands, rows -> [Float] in
      var gradient = [Float](repeating: 0, count: N * K)
      if rows > 0 {
        linearWeightGradient(
          rows: rows, inputs: K, outputs: N, dy: operands.1, dyRow: padded, x: operands.0, gradient: &gradient)
      }
      return gradient
    }
    var expected = (start.0, start.1, square, [Float](repeating: 0, count: K * padded))
    adam(
      count: N * K, step: step, gradient: added(gradients, sum.folds), parameters: &expected.0, first: &expected.1,
      second: &expected.2)
    transpose(rows: 0, count: N, outputs: padded, inputs: K, layout: .panels, source: expected.0, target: &expected.3)

    for (placement, isShared) in GuardPlacement.allCases.flatMap({ [($0, false), ($0, true)] }) {
      withGuardedMemory(placement) { memory in
        // A pass's rows in two places, anywhere cut.
        let factors = sum.rows.indices.map { pass in
          let first = sum.rows[pass] > 0 ? random.int(below: sum.rows[pass] + 1) : 0
          func rows(_ range: Range<Int>) -> LayerFactors.Rows {
            LayerFactors.Rows(
              count: range.count, x: memory.array(Array(x[pass][range.lowerBound * K..<range.upperBound * K])),
              dy: memory.array(Array(dy[pass][range.lowerBound * padded..<range.upperBound * padded])))
          }
          return LayerFactors(
            first: rows(0..<first), rest: rows(first..<sum.rows[pass]), dyRow: padded, folds: sum.folds[pass])
        }
        let whole = memory.unwritten(N * K)
        let (p, m, v) = (memory.array(start.0), memory.array(start.1), memory.array(square))
        let copy = memory.array([Float](repeating: 0, count: K * padded))
        let scratch = memory.array([Float](repeating: .nan, count: factorScratch(brackets: 3)))
        factors.withUnsafeBufferPointer {
          weightGradient(outputs: N, inputs: K, factors: $0, gradient: whole, scratch: scratch)
          adam(
            LayerWeights(
              row: 0, count: N, outputs: padded, inputs: K, parameters: p, first: m, second: v, transposed: copy,
              isShared: isShared),
            factors: $0, step: step, scratch: scratch)
        }
        #expect(firstDifference(array(whole, N * K), added(gradients, sum.folds)) == nil)
        #expect(firstDifference(array(p, N * K), expected.0) == nil)
        #expect(firstDifference(array(m, N * K), expected.1) == nil)
        #expect(firstDifference(array(v, N * K), expected.2) == nil)
        #expect(firstDifference(array(copy, K * padded), expected.3) == nil)
        #expect(memory.isIntact, "\(placement)")
      }
    }
  }

  @Test("what has a gradient for every pass", arguments: [16, 1024, 1040, 2752], sums)
  func gradients(count: Int, sum: Passes) {
    var random = SeededRandom(seed: UInt64(count))
    let offset = 32
    let gradients = sum.rows.map { _ in random.floats(offset + count, magnitude: 1e-2) }
    let start = random.floats(count, magnitude: 0.1)
    let zeros = [Float](repeating: 0, count: count)
    let step = AdamStep(learningRate: 0.01, firstPower: 0.85, secondPower: 0.99)
    var expected = (start, zeros, zeros)
    adam(
      count: count, step: step, gradient: added(gradients.map { Array($0[offset...]) }, sum.folds),
      parameters: &expected.0, first: &expected.1, second: &expected.2)
    withGuardedMemory(.beforeGuard) { memory in
      let sources = gradients.map { UnsafePointer(memory.array($0)) }
      let (p, m, v) = (memory.array(start), memory.array(zeros), memory.array(zeros))
      let scratch = memory.array([Float](repeating: .nan, count: factorScratch(brackets: 3)))
      let whole = memory.unwritten(count)
      sources.withUnsafeBufferPointer {
        Kernels.sum(count: count, gradients: $0, folds: sum.folds, offset: offset, target: whole, scratch: scratch)
        adam(
          count: count, step: step, gradients: $0, folds: sum.folds, offset: offset, parameters: p, first: m, second: v,
          scratch: scratch)
      }
      let sums = added(gradients.map { Array($0[offset...]) }, sum.folds)
      #expect(firstDifference(array(whole, count), sums) == nil)
      #expect(firstDifference(array(p, count), expected.0) == nil)
      #expect(firstDifference(array(m, count), expected.1) == nil)
      #expect(firstDifference(array(v, count), expected.2) == nil)
      #expect(memory.isIntact)
    }
  }

  /// The sum that brackets say, written out.
  private func added(_ terms: [[Float]], _ folds: [Int]) -> [Float] {
    var stack: [[Float]] = []
    for (term, folds) in zip(terms, folds) {
      stack.append(term)
      for _ in 0..<folds where stack.count > 1 {
        let right = stack.removeLast()
        stack[stack.count - 1] = zip(stack[stack.count - 1], right).map { $0 + $1 }
      }
    }
    return stack[0]
  }
}

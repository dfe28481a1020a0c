import Kernels
import TestSupport
import Testing

/// The input and weight gradients against the scalar twin: sums of N, and of R, products.
@Suite struct LinearBackwardTests {
  /// dy is (R, N), x and dx are (R, K), weights and their gradient (N, K). K is the vectors' direction.
  struct Problem {
    let rows, inputs, outputs, dyRow: Int
    let dy, x, weights: [Float]
    let exact: (dx: Exact, dWeights: Exact)

    init(rows: Int, inputs: Int, outputs: Int, dyRow: Int) {
      var random = SeededRandom(seed: UInt64(rows * 1_000_000 + inputs * 1000 + outputs))
      (self.rows, self.inputs, self.outputs, self.dyRow) = (rows, inputs, outputs, dyRow)
      dy = random.floats((rows - 1) * dyRow + outputs)
      x = random.floats(rows * inputs)
      weights = random.floats(outputs * inputs)
      exact = exactLinearBackward(
        rows: rows, inputs: inputs, outputs: outputs, dy: dy, dyRow: dyRow, x: x, weights: weights)
    }
  }

  /// The head's shape among them: 27 outputs in rows of 32.
  static let layers = [(1, 1), (16, 16), (27, 32), (48, 48), (13, 17)]

  @Test(arguments: awkwardCounts, vectorWidths)
  func inputGradient(rows: Int, inputs: Int) {
    for ((outputs, dyRow), placement) in zip(Self.layers, GuardPlacement.allCases + [.beforeGuard]) {
      let p = Problem(rows: rows, inputs: inputs, outputs: outputs, dyRow: dyRow)
      withGuardedMemory(placement) { memory in
        let dx = memory.unwritten(rows * inputs)
        linearInputGradient(
          rows: rows, inputs: inputs, outputs: outputs, dy: memory.array(p.dy), dyRow: dyRow,
          weights: memory.array(p.weights),
          scratch: memory.unwritten(packingScratch(inputs: inputs, outputs: outputs)), dx: dx)
        let mismatch = firstMismatch(array(dx, rows * inputs), p.exact.dx, terms: outputs)
        #expect(mismatch == nil, "\(rows) × \(outputs) → \(inputs), \(placement)")
        #expect(memory.isIntact, "\(rows) × \(outputs) → \(inputs), \(placement)")
      }
    }
  }

  /// Weights too large to be read in place: every panel is copied to scratch first, down to the last, narrow one.
  @Test(arguments: [1, 13], [(512, 512), (528, 500), (1040, 257)])
  func inputGradientOfLargeWeights(rows: Int, size: (Int, Int)) {
    let (inputs, outputs) = size
    let p = Problem(rows: rows, inputs: inputs, outputs: outputs, dyRow: outputs)
    let scratch = packingScratch(inputs: inputs, outputs: outputs)
    #expect(scratch > 0)
    withGuardedMemory(.beforeGuardUnaligned) { memory in
      let (dx, behindReLU) = (memory.unwritten(rows * inputs), memory.unwritten(rows * inputs))
      let output = (0..<rows * inputs).map { $0 % 3 == 0 ? Float(1) : 0 }
      linearInputGradient(
        rows: rows, inputs: inputs, outputs: outputs, dy: memory.array(p.dy), dyRow: outputs,
        weights: memory.array(p.weights), scratch: memory.unwritten(scratch), dx: dx)
      linearInputGradientBehindReLU(
        rows: rows, inputs: inputs, outputs: outputs, dy: memory.array(p.dy), weights: memory.array(p.weights),
        scratch: memory.unwritten(scratch), output: memory.array(output), dx: behindReLU)
      let values = array(dx, rows * inputs)
      #expect(firstMismatch(values, p.exact.dx, terms: outputs) == nil)
      let masked = values.enumerated().map { $0 % 3 == 0 ? $1 : 0 }
      #expect(firstDifference(array(behindReLU, rows * inputs), masked) == nil)
      #expect(memory.isIntact)
    }
  }

  /// What the ReLU gave is positive in about half of the elements; the gradient passes there alone.
  @Test(arguments: awkwardCounts, vectorWidths)
  func inputGradientBehindReLU(rows: Int, inputs: Int) {
    let p = Problem(rows: rows, inputs: inputs, outputs: 21, dyRow: 21)
    var random = SeededRandom(seed: UInt64(rows + inputs))
    let output = random.floats(rows * inputs).map { max($0, 0) }
    let expected = Exact(
      values: zip(p.exact.dx.values, output).map { $1 > 0 ? $0 : 0 },
      magnitudes: zip(p.exact.dx.magnitudes, output).map { $1 > 0 ? $0 : 0 })
    for placement in GuardPlacement.allCases {
      withGuardedMemory(placement) { memory in
        let dx = memory.unwritten(rows * inputs)
        linearInputGradientBehindReLU(
          rows: rows, inputs: inputs, outputs: 21, dy: memory.array(p.dy), weights: memory.array(p.weights),
          scratch: memory.unwritten(packingScratch(inputs: inputs, outputs: 21)), output: memory.array(output), dx: dx)
        #expect(firstMismatch(array(dx, rows * inputs), expected, terms: 21) == nil, "\(rows) × \(inputs)")
        #expect(memory.isIntact, "\(rows) × \(inputs), \(placement)")
      }
    }
  }

  /// Rows are the depth here, and outputs the tile's height, so both run over the awkward counts.
  @Test(arguments: awkwardCounts, vectorWidths)
  func weightGradient(rows: Int, inputs: Int) {
    for ((outputs, dyRow), placement) in zip(Self.layers, GuardPlacement.allCases + [.beforeGuard]) {
      let p = Problem(rows: rows, inputs: inputs, outputs: outputs, dyRow: dyRow)
      expectWeightGradient(p, placement)
    }
  }

  @Test(arguments: awkwardCounts)
  func weightGradientOfAnyHeight(outputs: Int) {
    for inputs in [16, 32, 48, 64, 80] {
      expectWeightGradient(
        Problem(rows: 9, inputs: inputs, outputs: outputs, dyRow: outputs + 3), .beforeGuardUnaligned)
    }
  }

  private func expectWeightGradient(_ p: Problem, _ placement: GuardPlacement) {
    for isShared in [false, true] {
      let label = "\(p.rows) rows, \(p.inputs) → \(p.outputs), \(placement), \(isShared ? "" : "not ")shared"
      withGuardedMemory(placement) { memory in
        let gradient = memory.unwritten(p.outputs * p.inputs)
        linearWeightGradient(
          rows: p.rows, inputs: p.inputs, outputs: p.outputs, dy: memory.array(p.dy), dyRow: p.dyRow,
          x: memory.array(p.x), gradient: gradient, isShared: isShared)
        let mismatch = firstMismatch(array(gradient, p.outputs * p.inputs), p.exact.dWeights, terms: p.rows)
        #expect(mismatch == nil, "\(label)")
        #expect(memory.isIntact, "\(label)")
      }
    }
  }
}

import Kernels
import TestSupport
import Testing

/// The forward products and each of their epilogues, against the scalar twin.
///
/// A sum of K products takes K roundings of its absolute terms, and an epilogue's addition one more.
@Suite struct LinearTests {
  /// One problem: x is (R, K), weights (N, K), residual (R, N).
  struct Problem {
    let rows, inputs, outputs: Int
    let x, weights, residual: [Float]
    let exact: Exact

    init(rows: Int, inputs: Int, outputs: Int) {
      var random = SeededRandom(seed: UInt64(rows * 1_000_000 + inputs * 1000 + outputs))
      (self.rows, self.inputs, self.outputs) = (rows, inputs, outputs)
      x = random.floats(rows * inputs)
      weights = random.floats(outputs * inputs)
      residual = random.floats(rows * outputs, magnitude: 3)
      exact = exactLinear(rows: rows, inputs: inputs, outputs: outputs, x: x, xRow: inputs, weights: weights)
    }

    var panels: [Float] { packed(weights, inputs: inputs, outputs: outputs) }
    var label: String { "\(rows) × \(inputs) → \(outputs)" }

    /// The exact product plus `addend`, element by element.
    func plus(_ addend: [Float]) -> Exact {
      Exact(
        values: zip(exact.values, addend).map { $0 + Double($1) },
        magnitudes: zip(exact.magnitudes, addend).map { $0 + abs(Double($1)) })
    }
  }

  static let depths = [16, 32, 48, 64]

  @Test(arguments: awkwardCounts, vectorWidths)
  func product(rows: Int, outputs: Int) {
    for (inputs, placement) in zip(Self.depths, GuardPlacement.allCases) {
      let p = Problem(rows: rows, inputs: inputs, outputs: outputs)
      withGuardedMemory(placement) { memory in
        let y = memory.unwritten(rows * outputs)
        linear(
          rows: rows, inputs: inputs, outputs: outputs, x: memory.array(p.x), xRow: inputs,
          transposed: memory.array(p.panels), y: y, yRow: outputs)
        #expect(firstMismatch(array(y, rows * outputs), p.exact, terms: inputs) == nil, "\(p.label), \(placement)")
        #expect(memory.isIntact, "\(p.label), \(placement)")
      }
    }
  }

  /// Rows of x and y may lie apart, and what lies between the rows of y is somebody else's.
  @Test(arguments: [1, 7, 13, 33], [16, 48, 80])
  func productBetweenGaps(rows: Int, outputs: Int) {
    let (inputs, xRow, yRow) = (32, 37, outputs + 5)
    var random = SeededRandom(seed: UInt64(rows + outputs))
    let x = random.floats((rows - 1) * xRow + inputs)
    let weights = random.floats(outputs * inputs)
    let exact = exactLinear(rows: rows, inputs: inputs, outputs: outputs, x: x, xRow: xRow, weights: weights)
    withGuardedMemory(.beforeGuard) { memory in
      let count = (rows - 1) * yRow + outputs
      let y = memory.array([Float](repeating: 77, count: count))
      linear(
        rows: rows, inputs: inputs, outputs: outputs, x: memory.array(x), xRow: xRow,
        transposed: memory.array(packed(weights, inputs: inputs, outputs: outputs)), y: y, yRow: yRow)
      let written = array(y, count)
      let values = (0..<rows).flatMap { written[$0 * yRow..<$0 * yRow + outputs] }
      #expect(firstMismatch(values, exact, terms: inputs) == nil)
      let gaps = (0..<count).filter { $0 % yRow >= outputs }
      #expect(gaps.allSatisfy { written[$0] == 77 })
      #expect(memory.isIntact)
    }
  }

  @Test(arguments: awkwardCounts, vectorWidths)
  func productBehindReLU(rows: Int, outputs: Int) {
    let p = Problem(rows: rows, inputs: 16, outputs: outputs)
    let expected = Exact(values: p.exact.values.map { max($0, 0) }, magnitudes: p.exact.magnitudes)
    for placement in GuardPlacement.allCases {
      withGuardedMemory(placement) { memory in
        let y = memory.unwritten(rows * outputs)
        linearReLU(
          rows: rows, inputs: p.inputs, outputs: outputs, x: memory.array(p.x), transposed: memory.array(p.panels),
          y: y)
        #expect(firstMismatch(array(y, rows * outputs), expected, terms: p.inputs) == nil, "\(p.label)")
        #expect(memory.isIntact, "\(p.label), \(placement)")
      }
    }
  }

  @Test(arguments: awkwardCounts, vectorWidths)
  func productPlusResidual(rows: Int, outputs: Int) {
    let p = Problem(rows: rows, inputs: 16, outputs: outputs)
    let expected = p.plus(p.residual)
    for placement in GuardPlacement.allCases {
      withGuardedMemory(placement) { memory in
        let y = memory.unwritten(rows * outputs)
        linearAdding(
          rows: rows, inputs: p.inputs, outputs: outputs, x: memory.array(p.x), transposed: memory.array(p.panels),
          residual: memory.array(p.residual), y: y)
        #expect(firstMismatch(array(y, rows * outputs), expected, terms: p.inputs + 1) == nil, "\(p.label)")
        #expect(memory.isIntact, "\(p.label), \(placement)")
      }
    }
  }

  /// The residual may be the target itself: the product is then accumulated.
  @Test(arguments: awkwardCounts)
  func productAccumulates(rows: Int) {
    let p = Problem(rows: rows, inputs: 48, outputs: 80)
    withGuardedMemory(.beforeGuardUnaligned) { memory in
      let y = memory.array(p.residual)
      linearAdding(
        rows: rows, inputs: p.inputs, outputs: p.outputs, x: memory.array(p.x), transposed: memory.array(p.panels),
        residual: y, y: y)
      #expect(firstMismatch(array(y, rows * p.outputs), p.plus(p.residual), terms: p.inputs + 1) == nil)
      #expect(memory.isIntact)
    }
  }

  @Test(arguments: awkwardCounts, vectorWidths)
  func productPlusGatheredResidual(rows: Int, outputs: Int) {
    let p = Problem(rows: rows, inputs: 16, outputs: outputs)
    var random = SeededRandom(seed: UInt64(rows))
    let shared = (rows + 1) / 2
    let residual = Array(p.residual[..<(shared * outputs)])
    let index = random.indices(rows, below: shared)
    let gathered = index.flatMap { residual[Int($0) * outputs..<(Int($0) + 1) * outputs] }
    let expected = p.plus(gathered)
    for placement in GuardPlacement.allCases {
      withGuardedMemory(placement) { memory in
        let y = memory.unwritten(rows * outputs)
        linearAddingGathered(
          rows: rows, inputs: p.inputs, outputs: outputs, x: memory.array(p.x), transposed: memory.array(p.panels),
          residual: memory.array(residual), index: memory.array(index), y: y)
        #expect(firstMismatch(array(y, rows * outputs), expected, terms: p.inputs + 1) == nil, "\(p.label)")
        #expect(memory.isIntact, "\(p.label), \(placement)")
      }
    }
  }

  /// Nothing is touched where there are no rows.
  @Test func noRows() {
    withGuardedMemory(.beforeGuard) { memory in
      let nothing = memory.array([Float]())
      let weights = memory.array([Float](repeating: 1, count: 16 * 16))
      linear(rows: 0, inputs: 16, outputs: 16, x: nothing, xRow: 16, transposed: weights, y: nothing, yRow: 16)
      linearReLU(rows: 0, inputs: 16, outputs: 16, x: nothing, transposed: weights, y: nothing)
      #expect(memory.isIntact)
    }
  }
}

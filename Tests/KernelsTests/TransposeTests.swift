import Kernels
import TestSupport
import Testing

/// The weights' second copy. Its layout is the kernels' own business, so it is read as they read it: the product of
/// the unit matrix with it must give back every weight to the bit.
@Suite struct TransposeTests {
  /// (K, N rounded up): what the forward product reads at each input and output.
  static func read(_ panels: UnsafePointer<Float>, inputs: Int, outputs: Int) -> [Float] {
    var unit = [Float](repeating: 0, count: inputs * inputs)
    for k in 0..<inputs { unit[k * inputs + k] = 1 }
    var result = [Float](repeating: .nan, count: inputs * outputs)
    linear(
      rows: inputs, inputs: inputs, outputs: outputs, x: unit, xRow: inputs, transposed: panels, y: &result,
      yRow: outputs)
    return result
  }

  /// Outputs that end within a vector leave what the target held behind them: the head's 27 in 32 columns.
  @Test(arguments: awkwardCounts, vectorWidths)
  func transposition(outputs: Int, inputs: Int) {
    var random = SeededRandom(seed: UInt64(outputs * 1000 + inputs))
    let (weights, rounded) = (random.floats(outputs * inputs), (outputs + 15) / 16 * 16)
    let expected = (0..<inputs * rounded).map { i in
      i % rounded < outputs ? weights[i % rounded * inputs + i / rounded] : -1
    }
    for placement in GuardPlacement.allCases {
      withGuardedMemory(placement) { memory in
        let target = memory.array([Float](repeating: -1, count: inputs * rounded))
        transpose(
          rows: 0, count: outputs, outputs: rounded, inputs: inputs, layout: .panels, source: memory.array(weights),
          target: target)
        let difference = firstDifference(Self.read(target, inputs: inputs, outputs: rounded), expected)
        #expect(difference == nil, "\(outputs) × \(inputs), \(placement)")
        #expect(memory.isIntact, "\(outputs) × \(inputs), \(placement)")
      }
    }
  }

  @Test("by rows: column j of the target is row j of the source", arguments: awkwardCounts, [16, 48, 80])
  func byRows(outputs: Int, inputs: Int) {
    var random = SeededRandom(seed: UInt64(outputs * 1000 + inputs))
    let (weights, rounded) = (random.floats(outputs * inputs), (outputs + 15) / 16 * 16)
    withGuardedMemory(.beforeGuard) { memory in
      let target = memory.array([Float](repeating: -1, count: inputs * rounded))
      transpose(
        rows: 0, count: outputs, outputs: rounded, inputs: inputs, layout: .rows, source: memory.array(weights),
        target: target)
      let expected = (0..<inputs * rounded).map { i in
        i % rounded < outputs ? weights[i % rounded * inputs + i / rounded] : -1
      }
      #expect(firstDifference(array(target, inputs * rounded), expected) == nil)
      #expect(memory.isIntact)
    }
  }

  /// Adam hands over sixteen rows at a time, in any order; each time the others stay as they are.
  @Test(arguments: awkwardCounts, [16, 48, 80])
  func stripes(outputs: Int, inputs: Int) {
    var random = SeededRandom(seed: UInt64(outputs * 1000 + inputs))
    let (weights, rounded) = (random.floats(outputs * inputs), (outputs + 15) / 16 * 16)
    withGuardedMemory(.beforeGuard) { memory in
      let target = memory.array([Float](repeating: 0, count: inputs * rounded))
      for first in stride(from: 0, to: outputs, by: 16).reversed() {
        let count = min(16, outputs - first)
        transpose(
          rows: first, count: count, outputs: rounded, inputs: inputs, layout: .panels,
          source: memory.array(Array(weights[first * inputs..<(first + count) * inputs])), target: target)
      }
      let whole = packed(weights, inputs: inputs, outputs: outputs)
      #expect(firstDifference(array(target, inputs * rounded), whole) == nil)
      #expect(memory.isIntact)
    }
  }
}

import Kernels
import TestSupport
import Testing

/// Copies into the other layout are exact, and padding columns of the target are left alone.
@Suite struct TransposeTests {
  @Test(arguments: awkwardCounts, vectorWidths)
  func transposition(rows: Int, columns: Int) {
    let source = (0..<rows * columns).map(Float.init)
    for (padding, placement) in zip([0, 0, 1, 5], GuardPlacement.allCases) {
      let targetRow = rows + padding
      withGuardedMemory(placement) { memory in
        let target = memory.array([Float](repeating: -1, count: columns * targetRow))
        transpose(
          rows: rows, columns: columns, source: memory.array(source), target: target, targetRow: targetRow)
        let expected = (0..<columns * targetRow).map { i in
          i % targetRow < rows ? source[i % targetRow * columns + i / targetRow] : -1
        }
        let difference = firstDifference(array(target, columns * targetRow), expected)
        #expect(difference == nil, "\(rows) × \(columns), \(placement)")
        #expect(memory.isIntact, "\(rows) × \(columns), \(placement)")
      }
    }
  }

  /// The head's 27 outputs in rows of 32: what the padding held is still there.
  @Test(arguments: vectorWidths)
  func head(columns: Int) {
    var random = SeededRandom(seed: UInt64(columns))
    let source = random.floats(27 * columns)
    withGuardedMemory(.beforeGuard) { memory in
      let target = memory.array([Float](repeating: 0, count: columns * 32))
      transpose(rows: 27, columns: columns, source: memory.array(source), target: target, targetRow: 32)
      let expected = transposed(source, inputs: columns, outputs: 27, padded: 32)
      #expect(firstDifference(array(target, columns * 32), expected) == nil)
      #expect(memory.isIntact)
    }
  }
}

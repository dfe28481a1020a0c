import Kernels
import TestSupport
import Testing

/// The kernels that gather and scatter rows.
@Suite struct EmbeddingTests {
  /// One addition a number, so the result is exact.
  @Test(arguments: awkwardCounts, vectorWidths)
  func embedding(rows: Int, width: Int) {
    var random = SeededRandom(seed: UInt64(rows * 1000 + width))
    let (tokens, positions) = (random.indices(rows, below: 27), random.indices(rows, below: 16))
    let (wte, wpe) = (random.floats(27 * width), random.floats(16 * width))
    let expected = (0..<rows * width).map { (i: Int) -> Float in
      let (row, column) = (i / width, i % width)
      let token = wte[Int(tokens[row]) * width + column]
      return token + wpe[Int(positions[row]) * width + column]
    }
    for placement in GuardPlacement.allCases {
      withGuardedMemory(placement) { memory in
        let x = memory.unwritten(rows * width)
        embed(
          rows: rows, width: width, tokens: memory.array(tokens), positions: memory.array(positions),
          wte: memory.array(wte), wpe: memory.array(wpe), x: x)
        #expect(firstDifference(array(x, rows * width), expected) == nil, "\(rows) × \(width), \(placement)")
        #expect(memory.isIntact, "\(rows) × \(width), \(placement)")
      }
    }
  }

  /// `target[index[r]] += source[r]` in plain loops.
  static func scattered(_ source: [Float], _ index: [Int32], width: Int, onto target: [Float]) -> Exact {
    var result = Exact(values: target.map(Double.init), magnitudes: target.map { abs(Double($0)) })
    for (row, target) in index.enumerated() {
      for i in 0..<width {
        result.values[Int(target) * width + i] += Double(source[row * width + i])
        result.magnitudes[Int(target) * width + i] += abs(Double(source[row * width + i]))
      }
    }
    return result
  }

  /// Few targets, so that many rows meet in one; the targets' former values count.
  @Test(arguments: awkwardCounts, vectorWidths)
  func scatter(rows: Int, width: Int) {
    var random = SeededRandom(seed: UInt64(rows * 1000 + width))
    let index = random.indices(rows, below: 5)
    let (source, before) = (random.floats(rows * width), random.floats(5 * width))
    let expected = Self.scattered(source, index, width: width, onto: before)
    for placement in GuardPlacement.allCases {
      withGuardedMemory(placement) { memory in
        let target = memory.array(before)
        scatterAddRows(
          rows: rows, width: width, source: memory.array(source), index: memory.array(index), target: target)
        let mismatch = firstMismatch(array(target, 5 * width), expected, terms: rows)
        #expect(mismatch == nil, "\(rows) × \(width), \(placement)")
        #expect(memory.isIntact, "\(rows) × \(width), \(placement)")
      }
    }
  }

  @Test(arguments: awkwardCounts, vectorWidths)
  func embeddingGradients(rows: Int, width: Int) {
    var random = SeededRandom(seed: UInt64(rows * 1000 + width))
    let (tokens, positions) = (random.indices(rows, below: 27), random.indices(rows, below: 16))
    let dx = random.floats(rows * width)
    let (wte, wpe) = (random.floats(27 * width), random.floats(16 * width))
    let expectedTokens = Self.scattered(dx, tokens, width: width, onto: wte)
    let expectedPositions = Self.scattered(dx, positions, width: width, onto: wpe)
    for placement in GuardPlacement.allCases {
      withGuardedMemory(placement) { memory in
        let (dwte, dwpe) = (memory.array(wte), memory.array(wpe))
        embedBackward(
          rows: rows, width: width, tokens: memory.array(tokens), positions: memory.array(positions),
          dx: memory.array(dx), dwte: dwte, dwpe: dwpe)
        #expect(firstMismatch(array(dwte, 27 * width), expectedTokens, terms: rows) == nil, "\(rows) × \(width)")
        #expect(firstMismatch(array(dwpe, 16 * width), expectedPositions, terms: rows) == nil, "\(rows) × \(width)")
        #expect(memory.isIntact, "\(rows) × \(width), \(placement)")
      }
    }
  }
}

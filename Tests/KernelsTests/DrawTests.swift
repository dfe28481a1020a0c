import Foundation
import Kernels
import TestSupport
import Testing

/// Cumulative probabilities, and the tokens that draws choose.
@Suite struct DrawTests {
  static let cumulativeRow = 64

  /// A row's, by the definition.
  static func expected(_ logits: some Collection<Float>, temperature: Double) -> [Double] {
    let top = Double(logits.max() ?? 0)
    let weights = logits.map { exp((Double($0) - top) / temperature) }
    var sum = 0.0
    return weights.map {
      sum += $0
      return sum / weights.reduce(0, +)
    }
  }

  @Test(arguments: awkwardCounts, [0.05, 0.6, 1, 30])
  func cumulative(rows: Int, temperature: Double) {
    var random = SeededRandom(seed: UInt64(rows))
    let logits = LossTests.logits(rows: rows, magnitude: 4, random: &random)
    // Rows go anywhere: here in reverse, with one left out between them.
    let index = (0..<rows).map { Int32(2 * (rows - 1 - $0)) }
    for placement in GuardPlacement.allCases {
      withGuardedMemory(placement) { memory in
        let result = memory.array([Float](repeating: -1, count: max(2 * rows - 1, 0) * Self.cumulativeRow))
        cumulativeProbabilities(
          rows: rows, logits: memory.array(logits), inverseTemperature: Float(1 / temperature), index: index,
          cumulative: result, cumulativeRow: Self.cumulativeRow)
        for row in 0..<rows {
          let own = array(result + Int(index[row]) * Self.cumulativeRow, Self.cumulativeRow)
          let wanted = Self.expected(logits[row * logitsRow..<row * logitsRow + 27], temperature: temperature)
          // The exponential's argument carries the rounding of a difference over the temperature.
          let bound = 2e-6 + roundingBound(terms: 2, magnitude: 8 / temperature)
          #expect(firstMismatch(Array(own[..<27]), wanted) { _ in bound } == nil)
          #expect(own[26..<32].allSatisfy { $0 == 1 })
          #expect(zip(own[..<26], own[1...26]).allSatisfy { $0 <= $1 + 4 * .ulpOfOne })
          #expect(own[32...].allSatisfy { $0 == -1 }, "only a row's half is its own")
        }
        #expect(memory.isIntact, "\(rows) rows, \(placement)")
      }
    }
  }

  /// Without the end: also where the end is all that has a chance, and to the largest draw there is.
  @Test(arguments: [1e-6, 0.6, 30])
  func letters(temperature: Double) {
    var random = SeededRandom(seed: 5)
    var logits = LossTests.logits(rows: 1, magnitude: 4, random: &random)
    logits[26] = 1000
    let wanted = Self.expected(logits[..<26], temperature: temperature)
    withGuardedMemory(.beforeGuard) { memory in
      let result = memory.array([Float](repeating: -1, count: logitsRow))
      cumulativeLetters(
        logits: memory.array(logits), inverseTemperature: Float(1 / temperature), cumulative: result)
      let bound = 2e-6 + roundingBound(terms: 2, magnitude: 8 / temperature)
      #expect(firstMismatch(array(result, 25), wanted.dropLast()) { _ in bound } == nil)
      #expect(array(result, logitsRow)[25...].allSatisfy { $0 == 1 })
      #expect(token(at: Float(1).nextDown, cumulative: result) <= 25)
      #expect(memory.isIntact)
    }
  }

  /// The first token above the draw, at and around every step, also where tokens have no share.
  @Test func tokens() {
    var cumulative = [Float](repeating: 1, count: 32)
    for token in 0..<26 { cumulative[token] = Float(token / 2) / 16 }
    for step in 0..<16 {
      let (low, high) = (Float(step) / 16, Float(step + 1) / 16)
      for draw in [low, low.nextUp, high.nextDown] where draw > 0 {
        #expect(token(at: draw, cumulative: cumulative) == cumulative.firstIndex { $0 > draw }, "\(draw)")
      }
    }
    #expect(token(at: Float(1).nextDown, cumulative: cumulative) == 26)
    #expect(token(at: Float(0x1p-24), cumulative: cumulative) == 2)
  }
}

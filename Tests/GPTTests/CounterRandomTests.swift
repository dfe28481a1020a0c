import Foundation
import GPT
import TestSupport
import Testing

/// The stateless generator's statistics. Bounds are four to five standard deviations of the estimate.
@Suite struct CounterRandomTests {
  static let count = 400_000

  @Test(arguments: [0, 1, 42, UInt64.max])
  func normalMoments(seed: UInt64) {
    let random = CounterRandom(seed: seed, stream: .parameters)
    let values = (0..<UInt64(Self.count)).map(random.normal)
    let n = Double(Self.count)
    let mean = values.reduce(0, +) / n
    let variance = values.reduce(0) { $0 + $1 * $1 } / n
    let skew = values.reduce(0) { $0 + $1 * $1 * $1 } / n
    let fourth = values.reduce(0) { $0 + $1 * $1 * $1 * $1 } / n
    #expect(abs(mean) < 4 / n.squareRoot())
    #expect(abs(variance - 1) < 4 * (2 / n).squareRoot())
    #expect(abs(skew) < 4 * (15 / n).squareRoot())
    #expect(abs(fourth - 3) < 4 * (96 / n).squareRoot())
    for (limit, share) in [(0.5, 0.617_075), (1, 0.317_311), (1.96, 0.049_996), (3, 0.0027)] {
      let beyond = Double(values.count { abs($0) > limit }) / n
      #expect(abs(beyond - share) < 4.5 * (share * (1 - share) / n).squareRoot(), "beyond \(limit)")
    }
    #expect(values.allSatisfy { abs($0) < 8 })
    let neighbours = zip(values, values.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / n
    #expect(abs(neighbours) < 4 / n.squareRoot())
  }

  @Test func uniform() {
    let random = CounterRandom(seed: 9, stream: .generation)
    let values = (0..<UInt64(Self.count)).map(random.uniform)
    #expect(values.allSatisfy { $0 > 0 && $0 < 1 })
    var bins = [Double](repeating: 0, count: 100)
    for value in values { bins[Int(value * 100)] += 1 }
    let expected = Double(Self.count) / 100
    let chiSquare = bins.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
    #expect((50...170).contains(chiSquare))  // 99 degrees of freedom
  }

  @Test func bitsAreFair() {
    let random = CounterRandom(seed: 9, stream: .batches)
    for bit in 0..<64 {
      let ones = (0..<UInt64(10_000)).count { random.bits($0) >> UInt64(bit) & 1 == 1 }
      #expect(abs(ones - 5000) < 250, "bit \(bit)")
    }
  }

  @Test func seedsStreamsAndCountersDiffer() {
    var seen: Set<UInt64> = []
    for seed in 0..<20 as Range<UInt64> {
      for stream in [CounterRandom.Stream.parameters, .batches, .generation] {
        for counter in 0..<50 as Range<UInt64> { seen.insert(CounterRandom(seed: seed, stream: stream).bits(counter)) }
      }
    }
    #expect(seen.count == 20 * 3 * 50)
  }

  /// N(0, 0.08²), a function of the seed alone, the same at every width as far as the narrower one reaches.
  @Test func initialParameters() throws {
    let (narrow, wide) = (try Shape(dModel: 16, heads: 4), try Shape(dModel: 128, heads: 8))
    let parameters = randomParameters(wide, seed: 4)
    #expect(firstDifference(parameters, randomParameters(wide, seed: 4)) == nil)
    #expect(firstDifference(parameters, randomParameters(wide, seed: 5)) != nil)
    let common = parameters.prefix(narrow.parameterCount)
    #expect(firstDifference(common, randomParameters(narrow, seed: 4)) == nil)
    let n = Double(parameters.count)
    let deviation = (parameters.reduce(0) { $0 + Double($1) * Double($1) } / n).squareRoot()
    #expect(abs(deviation / 0.08 - 1) < 4 / (2 * n).squareRoot())
  }
}

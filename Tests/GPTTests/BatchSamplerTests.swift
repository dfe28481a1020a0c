import GPT
import TestSupport
import Testing

/// Which names a step sees.
@Suite struct BatchSamplerTests {
  static let sizes = [1, 2, 3, 10, 1000, 32033]

  /// The sample numbers first..<first + count, as (step, slot) of the sampler's batch size.
  static func samples(_ sampler: BatchSampler, first: Int, count: Int) -> [Int] {
    (first..<first + count).map { sampler.name(step: $0 / sampler.batch, slot: $0 % sampler.batch) }
  }

  /// Also where a batch holds more than an epoch, or straddles two.
  @Test(arguments: sizes, [1, 7, 16])
  func everyEpochVisitsEveryNameOnce(names: Int, batch: Int) {
    let sampler = BatchSampler(seed: 11, names: names, batch: batch)
    for epoch in 0..<3 {
      let visited = Self.samples(sampler, first: epoch * names, count: names)
      #expect(firstDifference(visited.sorted(), 0..<names) == nil, "epoch \(epoch)")
    }
  }

  /// Steps in any order, from any sampler with the same settings, give the same names.
  @Test func pureFunction() {
    let forwards = (0..<200).map { BatchSampler(seed: 5, names: 1000, batch: 16).name(step: $0, slot: 3) }
    let sampler = BatchSampler(seed: 5, names: 1000, batch: 16)
    let backwards = (0..<200).reversed().map { sampler.name(step: $0, slot: 3) }
    #expect(firstDifference(forwards, backwards.reversed()) == nil)
  }

  /// The batch size is only how the sequence is cut.
  @Test func batchSizeOnlyCutsTheSequence() {
    let one = Self.samples(BatchSampler(seed: 5, names: 1000, batch: 1), first: 0, count: 2500)
    let many = Self.samples(BatchSampler(seed: 5, names: 1000, batch: 64), first: 0, count: 2500)
    #expect(firstDifference(many, one) == nil)
  }

  /// Both ways to sort, and batches that cross an epoch's end, some of them more than once.
  @Test(arguments: sizes, [1, 2, 16, 63, 64, 128, 1024])
  func sortedBatchIsTheSortedSingleNames(names: Int, batch: Int) {
    let sampler = BatchSampler(seed: 3, names: names, batch: batch)
    let steps = [0, 1, 2, names / batch, names / batch + 1, 1_000_003]
    for step in steps {
      let (guardValue, single) = (UInt32.max, (0..<batch).map { UInt32(sampler.name(step: step, slot: $0)) })
      var indices = [UInt32](repeating: guardValue, count: batch + 1)
      indices.withUnsafeMutableBufferPointer {
        sampler.sortedBatch(step: step, into: UnsafeMutableBufferPointer(rebasing: $0[..<batch]))
      }
      #expect(firstDifference(indices.dropLast(), single.sorted()) == nil, "step \(step)")
      #expect(indices.last == guardValue)
    }
  }

  /// Different keys, different permutations: hardly a name keeps its place.
  @Test func seedsAndEpochsDiffer() {
    let names = 1000
    func epoch(_ number: Int, seed: UInt64) -> [Int] {
      Self.samples(BatchSampler(seed: seed, names: names, batch: 1), first: number * names, count: names)
    }
    let orders = [epoch(0, seed: 1), epoch(1, seed: 1), epoch(2, seed: 1), epoch(0, seed: 2), epoch(0, seed: 3)]
    for (i, one) in orders.enumerated() {
      for other in orders[..<i] {
        let same = zip(one, other).count { $0 == $1 }
        #expect(same < 10)  // 1 is expected, and more than 9 happens once in 10⁷
      }
    }
    // Of two names there are two orders, and a run must see both.
    let firsts = Set((0..<40).map { BatchSampler(seed: 1, names: 2, batch: 1).name(step: 2 * $0, slot: 0) })
    #expect(firsts == [0, 1])
  }

  /// The table is sorted, so a permutation that keeps neighbours together would give batches of one letter.
  @Test(arguments: [1, 2, 77] as [UInt64])
  func firstLetterDistribution(seed: UInt64) throws {
    let letters = try readTable().names.map { $0.target(0) }
    let sampler = BatchSampler(seed: seed, names: letters.count, batch: 128)
    let count = 8192
    let drawn = Self.samples(sampler, first: 0, count: count)
    var (expected, seen) = ([Double](repeating: 0, count: 26), [Double](repeating: 0, count: 26))
    for letter in letters { expected[letter] += Double(count) / Double(letters.count) }
    for index in drawn { seen[letters[index]] += 1 }
    let chiSquare = zip(expected, seen).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / $1.0 }
    #expect(chiSquare < 60)  // 25 degrees of freedom: once in 10,000 for independent draws
    #expect(chiSquare > 3)  // and not suspiciously even either

    // Neighbouring samples are uncorrelated: 4 standard deviations of 1/√n.
    let centred = drawn.map { Double($0) / Double(letters.count) - 0.5 }
    let covariance = zip(centred, centred.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / Double(count)
    #expect(abs(covariance * 12) < 4 / Double(count).squareRoot())
  }
}

import Kernels
import TestSupport
import Testing

/// Sums over ranks' gradients, alone and inside Adam: to the bit those of plain loops in the same order.
@Suite struct SumTests {
  /// Arrays with `offset` elements in front that must not be used.
  struct Sources {
    let arrays: [UnsafeMutablePointer<Float>]
    let pointers: [Floats]
    let sum: [Float]

    init(_ memory: GuardedMemory, count: Int, sources: Int, offset: Int) {
      var random = SeededRandom(seed: UInt64(100 * count + sources))
      let values = (0..<sources).map { _ in random.floats(count, magnitude: 1) }
      arrays = values.map { memory.array([Float](repeating: .nan, count: offset) + $0) }
      pointers = arrays.map { Floats($0) }
      sum = (0..<count).map { i in values.dropFirst().reduce(values[0][i]) { $0 + $1[i] } }
    }
  }

  @Test(arguments: awkwardCounts + [1000], [1, 2, 3, 4, 5, 17])
  func sumsInOrder(count: Int, sources: Int) {
    for placement in GuardPlacement.allCases {
      withGuardedMemory(placement) { memory in
        let all = Sources(memory, count: count, sources: sources, offset: 16)
        let target = memory.unwritten(count)
        all.pointers.withUnsafeBufferPointer {
          sum(ElementBlock(16..<16 + count), sources: $0, target: target)
        }
        #expect(firstDifference(array(target, count), all.sum) == nil, "\(placement)")
        #expect(memory.isIntact, "\(placement)")
      }
    }
  }

  /// A tile: nothing beside it is read, and its rows follow each other.
  @Test(arguments: [1, 2, 3, 11, 16], [16, 32, 80])
  func sumsTiles(rows: Int, columns: Int) {
    let stride = columns + 16
    for placement in GuardPlacement.allCases {
      withGuardedMemory(placement) { memory in
        let all = Sources(memory, count: (rows - 1) * stride + columns, sources: 5, offset: 0)
        let target = memory.unwritten(rows * columns)
        let block = ElementBlock(first: 0, rows: rows, columns: columns, stride: stride)
        all.pointers.withUnsafeBufferPointer { sum(block, sources: $0, target: target) }
        let expected = (0..<rows).flatMap { all.sum[$0 * stride..<$0 * stride + columns] }
        #expect(firstDifference(array(target, rows * columns), expected) == nil, "\(placement)")
        #expect(memory.isIntact, "\(placement)")
      }
    }
  }

  @Test(arguments: awkwardCounts)
  func addsTwo(count: Int) {
    for placement in GuardPlacement.allCases {
      withGuardedMemory(placement) { memory in
        let all = Sources(memory, count: count, sources: 2, offset: 0)
        add(count: count, all.pointers[0], all.pointers[1], target: all.arrays[0])
        #expect(firstDifference(array(all.arrays[0], count), all.sum) == nil, "\(placement)")
        #expect(memory.isIntact, "\(placement)")
      }
    }
  }

  @Test func targetMayBeASource() {
    withGuardedMemory(.beforeGuard) { memory in
      let all = Sources(memory, count: 50, sources: 3, offset: 0)
      all.pointers.withUnsafeBufferPointer { sum(ElementBlock(0..<50), sources: $0, target: all.arrays[1]) }
      #expect(firstDifference(array(all.arrays[1], 50), all.sum) == nil)
    }
  }

  @Test(arguments: awkwardCounts + [1000])
  func accumulatesInDoublePrecision(count: Int) {
    for placement in GuardPlacement.allCases {
      withGuardedMemory(placement) { memory in
        var random = SeededRandom(seed: UInt64(count))
        let values = random.floats(count, magnitude: 1)
        let before = (0..<count).map { Double($0) / 3 }
        let sums = memory.array(before)
        accumulate(count: count, memory.array(values), sums: sums)
        #expect((0..<count).allSatisfy { sums[$0] == before[$0] + Double(values[$0]) }, "\(placement)")
        #expect(memory.isIntact, "\(placement)")
      }
    }
  }

  /// One update by several gradients is the update by their sum, whatever is fetched ahead.
  @Test(arguments: [1, 15, 16, 17, 100, 1000], [1, 2, 3, 4, 5, 17])
  func adamSumsInOrder(count: Int, sources: Int) {
    let step = AdamStep(learningRate: 0.01, firstPower: 0.85, secondPower: 0.99)
    for placement in GuardPlacement.allCases {
      withGuardedMemory(placement) { memory in
        let all = Sources(memory, count: count, sources: sources, offset: 16)
        var random = SeededRandom(seed: UInt64(count))
        let (p, m) = (random.floats(count, magnitude: 1), random.floats(count, magnitude: 1))
        let v = random.floats(count, magnitude: 1).map { abs($0) }
        let fused = [p, m, v].map { memory.array($0) }
        let plain = [p, m, v].map { memory.array($0) }
        all.pointers.withUnsafeBufferPointer {
          adam(
            count: count, step: step, gradients: $0, offset: 16, parameters: fused[0], first: fused[1],
            second: fused[2], next: AdamPrefetch(following: 0, lines: fused[0], stride: 16))
        }
        adam(
          count: count, step: step, gradient: memory.array(all.sum), parameters: plain[0], first: plain[1],
          second: plain[2])
        for (one, other) in zip(fused, plain) {
          #expect(firstDifference(array(one, count), array(other, count)) == nil, "\(placement)")
        }
        #expect(memory.isIntact, "\(placement)")
      }
    }
  }

  /// The twin sums in the same order.
  @Test(arguments: [1, 2, 5])
  func twinSumsInOrder(sources: Int) {
    withGuardedMemory(.beforeGuard) { memory in
      let all = Sources(memory, count: 40, sources: sources, offset: 3)
      let (fused, plain) = (
        memory.array([Float](repeating: 0.5, count: 40)), memory.array([Float](repeating: 0.5, count: 40))
      )
      let moments = (0..<4).map { _ in memory.array([Float](repeating: 0.25, count: 40)) }
      all.pointers.withUnsafeBufferPointer {
        Scalar<Float>.adam(
          count: 40, learningRate: 0.01, firstPower: 0.85, secondPower: 0.99, gradients: $0, offset: 3,
          parameters: fused, first: moments[0], second: moments[1])
      }
      Scalar<Float>.adam(
        count: 40, learningRate: 0.01, firstPower: 0.85, secondPower: 0.99, gradient: memory.array(all.sum),
        parameters: plain, first: moments[2], second: moments[3])
      #expect(firstDifference(array(fused, 40), array(plain, 40)) == nil)
    }
  }
}

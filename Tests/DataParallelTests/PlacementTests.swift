import Testing

@testable import DataParallel

@Suite("buckets of a gradient")
struct BucketTests {
  @Test("from its end to its beginning, all of it once", arguments: [1, 7, 16, 100, 999, 1000, 5000])
  func cover(size: Int) {
    let buckets = OverlapSynchronisation.buckets(of: 13..<1013, size: size)
    var end = 1013
    for bucket in buckets {
      #expect(bucket.upperBound == end && !bucket.isEmpty && bucket.count <= size)
      end = bucket.lowerBound
    }
    #expect(end == 13)
    #expect(buckets.dropLast().allSatisfy { $0.count == size })
  }
}

@Suite("what goes with a gradient")
struct StepTailTests {
  @Test("comes back from a sum over ranks with the digits of a double", arguments: [0.0, 1, 123.456789012, 98765.4321])
  func loss(loss: Double) {
    var sum = [Float](repeating: 0, count: StepTail.count)
    var exact = 0.0
    for rank in 0..<5 {
      var tail = sum
      let own = loss * (1 + 0.1 * Double(rank))
      StepTail.write(StepTotals(lossSum: own, requests: rank == 3 ? .stop : []), to: &tail)
      exact += own
      for i in sum.indices { sum[i] += tail[i] }
    }
    let totals = StepTail.read(sum)
    // The remainder is at most 1/32, and five of them are rounded to 24 bits each.
    #expect(abs(totals.lossSum - exact) <= 1e-8 + 1e-15 * exact)
    #expect(totals.requests == .stop)
  }

  @Test("nobody asked to stop")
  func noStop() {
    var tail = [Float](repeating: .nan, count: StepTail.count)
    StepTail.write(StepTotals(lossSum: 3), to: &tail)
    #expect(StepTail.read(tail).requests.isEmpty)
  }

  @Test("requests of many ranks come back from the sum of their numbers", arguments: [0, 1, 2, 1 << 20])
  func requests(stopping: Int) {
    for single: StepRequests in [[], .checkpoint, .end, [.checkpoint, .end]] {
      let expected = single.union(stopping > 0 ? .stop : [])
      var tail = [Float](repeating: 0, count: StepTail.count)
      StepTail.write(StepTotals(lossSum: 0, requests: single), to: &tail)
      for _ in 0..<stopping { tail[2] += Float(StepRequests.stop.number) }
      #expect(StepTail.read(tail).requests == expected, "\(stopping) stop, one asks \(single)")
    }
  }
}

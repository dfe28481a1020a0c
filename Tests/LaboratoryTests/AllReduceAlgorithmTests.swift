import Testing

@testable import Laboratory

@Suite("All-reduce algorithms")
struct AllReduceAlgorithmTests {
  /// Read off the library with real communicators of these sizes.
  @Test(
    "what Open MPI takes",
    arguments: [
      (2, 4096.0, AllReduceAlgorithm.ring), (2, 16_384, .ring), (2, 8192, .recursiveDoubling),
      (2, 262_143, .ring), (2, 262_144, .rabenseifner), (3, 262_144, .rabenseifner),
      (4, 8191, .recursiveDoubling), (4, 8192, .rabenseifner), (8, 8192, .rabenseifner),
      (16, 4095, .recursiveDoubling), (16, 4096, .rabenseifner), (32, 4096, .rabenseifner),
    ])
  func choice(ranks: Int, bytes: Double, algorithm: AllReduceAlgorithm) {
    #expect(AllReduceAlgorithm.openMPI(ranks: ranks, bytes: bytes) == algorithm)
  }

  /// As the library's own rules have it (coll_tuned_decision_fixed.c of 4.1): no machine here has so many ranks.
  @Test(
    "what Open MPI takes for thousands of ranks",
    arguments: [
      (2047, 2048.0, AllReduceAlgorithm.recursiveDoubling), (2048, 2047, .reduceAndBroadcast), (2048, 2048, .ring),
      (4095, 4095, .ring), (4095, 4096, .recursiveDoubling), (4095, 16_384, .rabenseifner), (4096, 4096, .ring),
      (4096, 16_383, .ring), (4096, 16_384, .recursiveDoubling), (4096, 32_768, .rabenseifner),
    ])
  func many(ranks: Int, bytes: Double, algorithm: AllReduceAlgorithm) {
    #expect(AllReduceAlgorithm.openMPI(ranks: ranks, bytes: bytes) == algorithm)
  }

  /// 2 (N − 1) / N · bytes: what any all-reduce must send at least, and these do.
  @Test("ring and Rabenseifner send the least there is", arguments: [2, 4, 8, 64, 1024])
  func least(ranks: Int) {
    let bytes = 1e6
    for algorithm in [AllReduceAlgorithm.ring, .rabenseifner] {
      let sent = algorithm.rounds(ranks: ranks, bytes: bytes).reduce(0) { $0 + Double($1.count) * $1.bytes }
      #expect(abs(sent / (2 * Double(ranks - 1) / Double(ranks) * bytes) - 1) < 1e-12)
    }
  }

  @Test("rounds")
  func rounds() {
    func count(_ algorithm: AllReduceAlgorithm, _ ranks: Int, bytes: Double = 1e6) -> Int {
      algorithm.rounds(ranks: ranks, bytes: bytes).reduce(0) { $0 + $1.count }
    }
    #expect(count(.ring, 1) == 0)
    #expect(count(.ring, 5) == 8)
    #expect(count(.rabenseifner, 8) == 6)
    #expect(count(.rabenseifner, 3) == 5)
    #expect(count(.recursiveDoubling, 8) == 3)
    #expect(count(.recursiveDoubling, 7) == 4)
    #expect(count(.reduceAndBroadcast, 8) == 6)
    // 10 floats are too few for a ring of 16.
    #expect(count(.ring, 16, bytes: 40) == 4)
  }
}

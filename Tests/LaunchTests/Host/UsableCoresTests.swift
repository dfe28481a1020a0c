import Testing
import Topology

@testable import Launch

@Suite("cores that ranks can have") struct UsableCoresTests {
  @Test(
    "those of the mask, each by its hardware threads",
    arguments: [
      // Hardware threads of one core are one core; a mask takes some away.
      (Array(0...7), [[0, 4], [1, 5], [2, 6], [3, 7]], [[0, 4], [1, 5], [2, 6], [3, 7]]),
      ([1, 2, 5], [[0, 4], [1, 5], [2, 6], [3, 7]], [[1, 5], [2]]), ([6], [[0, 4], [1, 5], [2, 6], [3, 7]], [[6]]),
      // Fast cores with two threads, slow ones with one.
      (Array(0...7), [[0, 1], [2, 3], [4], [5], [6], [7]], [[0, 1], [2, 3], [4], [5], [6], [7]]),
      // A mask that names CPUs which are off.
      (Array(0...127), [[0], [1], [3]], [[0], [1], [3]]),
      // Nobody knows which CPUs share a core.
      (Array(0...3), nil, [[0], [1], [2], [3]]), ([], nil, []), ([9], [[0], [1]], []),
    ] as [([Int], [[Int]]?, [[Int]])])
  func mask(mask: [Int], cores: [[Int]]?, usable: [[Int]]) {
    let found = UsableCores(mask: mask, cores: cores, quota: nil)
    #expect(found.cores == usable)
    #expect(found.quota == nil && found.count == usable.count)
  }

  @Test("one domain after the other, where CPUs are numbered in turn") func domains() throws {
    let topology = try Topology(.synthetic("node:2 core:2 pu:2(indexes=0,4,2,6,1,5,3,7)"))
    let all = UsableCores(mask: Array(0...7), cores: topology.cores, quota: nil)
    #expect(all.cores == [[0, 4], [2, 6], [1, 5], [3, 7]])
    #expect(UsableCores(mask: [1, 2, 3, 4], cores: topology.cores, quota: nil).cores == [[4], [2], [1], [3]])
  }

  @Test(
    "a quota pays for whole cores, one at least, and adds none",
    arguments: [
      (1.5, 1, 1), (0.2, 1, 1), (2.5, 2, 2), (2.9999, 3, 3), (4, 4, 4), (9, 9, 4), (.infinity, 1_000_000, 4),
      (0.001, 1, 1),
    ])
  func quota(cpus: Double, whole: Int, count: Int) {
    let cores = UsableCores(mask: [0, 1, 2, 3], cores: [[0], [1], [2], [3]], quota: cpus)
    #expect(cores.quota == whole && cores.count == count)
    // It says how long, not where.
    #expect(cores.cores.count == 4)
  }

  @Test("of this host: all CPUs of the mask, each in one core") func thisHost() {
    let cores = UsableCores.ofThisHost()
    #expect(cores.cores.joined().sorted() == allowedCPUs())
    #expect(1...max(1, cores.cores.count) ~= cores.count)
  }
}

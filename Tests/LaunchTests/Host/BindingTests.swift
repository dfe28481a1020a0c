import Testing
import Topology

@testable import Launch

@Suite("a rank and its core") struct BindingTests {
  /// In a thread that ends with it: the mask is the thread's.
  private func inThread<Result: Sendable>(_ run: @escaping @Sendable () -> Result) throws -> Result {
    let result = Mutexed<Result?>(nil)
    try #require(SignalFreeThread { result.value = run() }).join()
    return try #require(result.value)
  }

  private let cores = UsableCores(mask: allowedCPUs(), cores: nil, quota: nil)

  @Test("each rank has the core of its place") func own() throws {
    for (rank, core) in cores.cores.enumerated() {
      let found = try inThread { [cores] in
        (bindToOwnCore(localRank: rank, localRanks: cores.cores.count, of: cores), allowedCPUs())
      }
      #expect(found == (true, core))
    }
  }

  @Test("all hardware threads of it") func threads() throws {
    let one = UsableCores(mask: allowedCPUs(), cores: [allowedCPUs()], quota: 0.5)
    let found = try inThread { (bindToOwnCore(localRank: 0, localRanks: 1, of: one), allowedCPUs()) }
    #expect(found == (true, allowedCPUs()))
  }

  @Test("ranks that are more than the cores stay free, and so does one that is not counted") func free() throws {
    let one = UsableCores(mask: allowedCPUs(), cores: [[allowedCPUs()[0]]], quota: nil)
    for (rank, ranks) in [(0, 2), (1, 2), (1, 1), (-1, 1)] {
      let found = try inThread { (bindToOwnCore(localRank: rank, localRanks: ranks, of: one), allowedCPUs()) }
      #expect(found == (true, allowedCPUs()))
    }
  }

  @Test("what the system refuses is said") func refused() throws {
    let absent = UsableCores(mask: [4095], cores: nil, quota: nil)
    let found = try inThread { (bindToOwnCore(localRank: 0, localRanks: 1, of: absent), allowedCPUs()) }
    #expect(found == (false, allowedCPUs()))
  }
}

import Testing
import Topology

@testable import DataParallel

@Suite("ranks by the domains of memory")
struct DomainsTests {
  /// A rank on each core of a machine in hwloc's words.
  private func bound(_ machine: String, ranks: Int? = nil, wanted: Int? = nil) throws -> Domains {
    let topology = try Topology(.synthetic(machine))
    let cpus = topology.cores.map { [$0[0]] }
    return Domains(cpus: Array(cpus.prefix(ranks ?? cpus.count)), near: topology.memoryDomains, wanted: wanted)
  }

  @Test(
    "as many as the machine has, at most four; neighbours are in one",
    arguments: [
      ("pack:2 [numa] core:96 pu:1", [96, 96]), ("pack:1 [numa] core:72 pu:1", [72]),
      ("pack:1 numa:4 core:48 pu:1", [48, 48, 48, 48]), ("pack:2 [numa] core:32 pu:2", [32, 32]),
      ("pack:2 numa:4 core:12 pu:1", [24, 24, 24, 24]), ("pack:2 numa:3 core:4 pu:1", [8, 4, 8, 4]),
    ])
  func machines(machine: String, sizes: [Int]) throws {
    let domains = try bound(machine)
    #expect((0..<domains.count).map { domains.ranks(in: $0).count } == sizes)
    #expect(domains.ofRank == domains.ofRank.sorted(), "ranks that lie together are in one")
    #expect(domains.fewestRanks == sizes.min())
  }

  @Test("one where ranks may wander, or where few would have all of the update to do")
  func one() throws {
    let near = [Array(0..<8), Array(8..<16)]
    #expect(Domains(cpus: (0..<4).map { _ in Array(0..<16) }, near: near, wanted: nil).count == 1)
    #expect(Domains(cpus: [[0], [9], []], near: near, wanted: nil).count == 1)
    #expect(Domains(cpus: [], near: [], wanted: nil).count == 1)
    // 8 and 4 are two domains, 8 and 3 one.
    #expect(try bound("pack:2 [numa] core:8 pu:1", ranks: 12).ofRank == Array(repeating: 0, count: 8) + [1, 1, 1, 1])
    #expect(try bound("pack:2 [numa] core:8 pu:1", ranks: 11).count == 1)
    // Bound to a whole domain is near enough; ranks that lie crosswise are put together.
    #expect(Domains(cpus: [near[1], near[0], near[1], near[0]], near: near, wanted: nil).ofRank == [1, 0, 1, 0])
  }

  @Test("as many as wanted, of ranks that lie together, even where the machine has none", arguments: [1, 2, 3, 4, 7])
  func wanted(count: Int) throws {
    for ranks in count...9 {
      let none = Domains(cpus: (0..<ranks).map { _ in [] }, near: [], wanted: count)
      #expect(none.count == count && none.ofRank == none.ofRank.sorted())
      let sizes = (0..<count).map { none.ranks(in: $0).count }
      #expect(sizes.max()! - sizes.min()! <= 1)
    }
    #expect(Domains(cpus: [[9], [0], [8], [1]], near: [[0, 1], [8, 9]], wanted: 2).ofRank == [1, 0, 1, 0])
  }
}

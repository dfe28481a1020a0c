import TestSupport
import Testing
import Topology

@Suite("machines that are not here")
struct TopologyTests {
  @Test("64 cores, numbered as x86 does: a core's hardware threads are as far apart as there are cores")
  func x86() throws {
    let x86 = try Topology(
      .synthetic(
        "pack:2 [numa(memory=274877906944)] l3:2(size=33554432) l2:16(size=2097152) core:1 pu:2(indexes=2*64:1*2)"
      ))
    #expect(x86.cores.count == 64 && x86.cores.allSatisfy { $0.count == 2 && $0[1] == $0[0] + 64 })
    #expect(x86.cores.first == [0, 64] && x86.cores.last == [63, 127])
    #expect(x86.cpus == Array(0..<128) && x86.allowed == x86.cpus)
    #expect(x86.packages == [Array(0..<32) + (64..<96), Array(32..<64) + (96..<128)])
    #expect(x86.numaDomains.map(\.cpus) == x86.packages)
    #expect(x86.numaDomains.map(\.number) == [0, 1] && x86.numaDomains.allSatisfy { $0.bytes == 256 << 30 })
    #expect(x86.caches(level: 3).map(\.cpus.count) == [32, 32, 32, 32])
    #expect(x86.caches(level: 2).map(\.cpus) == x86.cores)
    #expect(Set(x86.caches.map(\.bytes)) == [2 << 20, 32 << 20])
    #expect(x86.coresAreKnown)
  }

  @Test("192 cores of one hardware thread each in several domains of one package")
  func manyDomains() throws {
    let many = try Topology(.synthetic("pack:2 numa:4(memory=1GiB) l3:3(size=32MiB) core:8 pu:1"))
    #expect(many.cores == (0..<192).map { [$0] })
    #expect(many.numaDomains.map(\.cpus) == (0..<8).map { Array($0 * 24..<($0 + 1) * 24) })
    #expect(many.caches.map(\.cpus) == (0..<24).map { Array($0 * 8..<($0 + 1) * 8) })
    #expect(many.numaDomains.allSatisfy { $0.distances.isEmpty }, "a synthetic machine tells none")
    #expect(crowds(many.numaDomains.flatMap { domain in domain.cpus.map { _ in domain.cpus } }).isEmpty)
    let tooMany = Array(repeating: many.caches[5].cpus, count: 9)
    #expect(crowds(tooMany) == [Crowd(ranks: Array(0..<9), places: Array(40..<48))])
  }

  @Test(
    "an Arm machine from a file: no cache for all, memory without CPUs, distances, a CPU that is off, one forbidden")
  func arm() throws {
    let folder = try TemporaryFolder()
    let arm = try Topology(.xml(path: try folder.file("arm.xml", armMachine)))
    #expect(arm.cores == [[0], [2], [3]] && arm.cpus == [0, 2, 3])
    #expect(arm.allowed == [0, 3])
    #expect(arm.packages == [[0], [2, 3]])
    #expect(arm.caches.map { [$0.level, $0.bytes] + $0.cpus } == [[2, 1 << 20, 0], [2, 2 << 20, 2, 3]])
    #expect(arm.numaDomains.map(\.cpus) == [[0], [2, 3], [0, 2, 3]])
    #expect(arm.memoryDomains == [[0], [2, 3]])
    #expect(arm.numaDomains.map(\.number) == [0, 1, 4])
    #expect(arm.numaDomains.map(\.bytes) == [1 << 30, 2 << 30, 8 << 30])
    #expect(arm.numaDomains.map(\.distances) == [[10, 21, 30], [22, 10, 31], [32, 33, 10]])
  }

  @Test("kinds of cores, the slowest first")
  func kinds() throws {
    let folder = try TemporaryFolder()
    let hybrid = try Topology(.xml(path: try folder.file("kinds.xml", machineOfTwoKinds(fast: 10, slow: 10))))
    #expect(
      hybrid.kinds == [.init(cpus: Array(10..<20), efficiency: 0), .init(cpus: Array(0..<10), efficiency: 1)])
    #expect(hybrid.cores.count == 20 && hybrid.memoryDomains == [Array(0..<20)])
    #expect(try Topology(.synthetic("pack:1 [numa] core:4 pu:1")).kinds.count < 2)
  }

  @Test(
    "a domain is where memory is nearest; memory of a larger part, and a second one of the same, is none",
    arguments: [
      ("pack:2 [numa] core:96 pu:1", [0..<96, 96..<192]),
      ("pack:2 numa:2 core:48 pu:1", [0..<48, 48..<96, 96..<144, 144..<192]),
      ("pack:1 [numa] core:72 pu:1", [0..<72]), ("[numa] pack:2 [numa] core:4 pu:1", [0..<4, 4..<8]),
      ("pack:2 [numa] [numa] core:4 pu:1", [0..<4, 4..<8]), ("[numa] core:4 pu:1", [0..<4]),
    ])
  func domains(description: String, domains: [Range<Int>]) throws {
    #expect(try Topology(.synthetic(description)).memoryDomains == domains.map(Array.init))
  }

  @Test("where nothing says which CPUs share a core, each counts as one")
  func noCores() throws {
    let flat = try Topology(.synthetic("pu:4"))
    #expect(flat.cores == [[0], [1], [2], [3]] && !flat.coresAreKnown)
    #expect(flat.caches.isEmpty && flat.packages.isEmpty)
  }

  @Test("what is no topology is refused with its own words")
  func refused() throws {
    let text = #expect(throws: TopologyError.self) { try Topology(.synthetic("core:many")) }
    #expect(text?.description == "\"core:many\" is not a topology in hwloc's words")
    let path = try TemporaryFolder().path("none.xml")
    #expect(throws: TopologyError.self) { try Topology(.xml(path: path)) }
  }

  @Test("this machine has this thread's CPUs, each in one core")
  func here() throws {
    let here = try Topology()
    #expect(here.isThisMachine)
    #expect(try !Topology(.synthetic("core:2 pu:1")).isThisMachine)
    #expect(Set(here.memoryDomains.joined()).isSubset(of: here.cpus) && !here.memoryDomains.isEmpty)
    #expect(!here.cores.isEmpty && Set(here.cpus).count == here.cpus.count)
    #expect(!allowedCPUs().isEmpty && Set(allowedCPUs()).isSubset(of: here.cpus))
    #expect(Set(here.allowed).isSubset(of: here.cpus))
  }
}

extension Topology {
  fileprivate func caches(level: Int) -> [Cache] { caches.filter { $0.level == level } }
}

/// Two packages of one core and of two, as `lstopo --of xml` writes them. CPU 1 is off, CPU 2 forbidden.
private let armMachine = """
  <?xml version="1.0" encoding="UTF-8"?>
  <!DOCTYPE topology SYSTEM "hwloc2.dtd">
  <topology version="2.0">
    <object type="Machine" os_index="0" cpuset="0xd" complete_cpuset="0xf" allowed_cpuset="0x9" nodeset="0x13" complete_nodeset="0x13" allowed_nodeset="0x13" gp_index="1">
      <object type="NUMANode" os_index="4" cpuset="0x0" complete_cpuset="0x0" nodeset="0x10" complete_nodeset="0x10" gp_index="30" local_memory="8589934592"/>
      <object type="Package" os_index="0" cpuset="0x1" complete_cpuset="0x3" nodeset="0x1" complete_nodeset="0x1" gp_index="2">
        <object type="NUMANode" os_index="0" cpuset="0x1" complete_cpuset="0x3" nodeset="0x1" complete_nodeset="0x1" gp_index="3" local_memory="1073741824"/>
        <object type="L2Cache" cpuset="0x1" complete_cpuset="0x1" nodeset="0x1" complete_nodeset="0x1" gp_index="4" cache_size="1048576" depth="2" cache_linesize="64" cache_associativity="8" cache_type="0">
          <object type="Core" os_index="0" cpuset="0x1" complete_cpuset="0x1" nodeset="0x1" complete_nodeset="0x1" gp_index="5">
            <object type="PU" os_index="0" cpuset="0x1" complete_cpuset="0x1" nodeset="0x1" complete_nodeset="0x1" gp_index="6"/>
          </object>
        </object>
      </object>
      <object type="Package" os_index="1" cpuset="0xc" complete_cpuset="0xc" nodeset="0x2" complete_nodeset="0x2" gp_index="7">
        <object type="NUMANode" os_index="1" cpuset="0xc" complete_cpuset="0xc" nodeset="0x2" complete_nodeset="0x2" gp_index="8" local_memory="2147483648"/>
        <object type="L2Cache" cpuset="0xc" complete_cpuset="0xc" nodeset="0x2" complete_nodeset="0x2" gp_index="9" cache_size="2097152" depth="2" cache_linesize="64" cache_associativity="8" cache_type="0">
          <object type="Core" os_index="2" cpuset="0x4" complete_cpuset="0x4" nodeset="0x2" complete_nodeset="0x2" gp_index="10">
            <object type="PU" os_index="2" cpuset="0x4" complete_cpuset="0x4" nodeset="0x2" complete_nodeset="0x2" gp_index="11"/>
          </object>
          <object type="Core" os_index="3" cpuset="0x8" complete_cpuset="0x8" nodeset="0x2" complete_nodeset="0x2" gp_index="12">
            <object type="PU" os_index="3" cpuset="0x8" complete_cpuset="0x8" nodeset="0x2" complete_nodeset="0x2" gp_index="13"/>
          </object>
        </object>
      </object>
    </object>
    <distances2 type="NUMANode" nbobjs="3" kind="5" indexing="os">
      <indexes length="6">0 1 4 </indexes>
      <u64values length="27">10 21 30 22 10 31 32 33 10 </u64values>
    </distances2>
  </topology>
  """

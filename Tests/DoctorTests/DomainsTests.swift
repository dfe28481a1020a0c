import TestSupport
import Testing
import Topology

@testable import Doctor

/// A host with nothing wrong, of cores as a topology has them.
private func host(_ source: Topology.Source) throws -> HostFacts {
  var host = soundHost()
  host.describe(try Topology(source))
  return host
}

private let twoDomains = "pack:2 [numa] core:96 pu:1"

private func twoKinds() throws -> HostFacts {
  let folder = try TemporaryFolder()
  return try host(.xml(path: try folder.file("kinds.xml", machineOfTwoKinds(fast: 10, slow: 10))))
}

@Suite("NUMA domains and hardware threads")
struct DoctorDomainsTests {
  @Test(
    "machines, and the line for them",
    arguments: [
      (twoDomains, "2 NUMA domains of 96 cores; the line below puts 96 ranks in each", "-np 192 --map-by core"),
      (
        "pack:4 [numa] core:48 pu:1", "4 NUMA domains of 48 cores; the line below puts 48 ranks in each",
        "-np 192 --map-by core"
      ),
      ("pack:1 [numa] core:72 pu:1", "1 NUMA domain of 72 cores", "-np 72"),
      (
        "pack:2 [numa] core:32 pu:2", "2 NUMA domains of 32 cores; the line below puts 32 ranks in each",
        "-np 64 --map-by core"
      ),
      (
        "pack:2 [numa] [numa] core:4 pu:1", "2 NUMA domains of 4 cores; the line below puts 4 ranks in each",
        "-np 8 --map-by core"
      ),
    ])
  func machines(description: String, domains: String, line: String) throws {
    let facts = job(try host(.synthetic(description)))
    #expect(facts.complaints == [])
    #expect(facts.finding("domains")?.what == domains)
    #expect(facts.commandLine == "mpirun \(line) --bind-to core ./ddp-train")
    #expect((facts.finding("threads") != nil) == description.hasSuffix("pu:2"))
  }

  @Test("one rank per core, however many hardware threads it has")
  func threads() throws {
    let facts = job(try host(.synthetic("pack:2 [numa] core:32 pu:2")))
    #expect(
      facts.finding("threads")?.what
        == "2 hardware threads per core share its floating-point units: one rank per core, 64 ranks")
    #expect(facts.finding("cores")?.what == "all 64 cores, 128 hardware threads, CPUs 0-127")
    let all = job(facts.hosts[0], (0..<128).map { [$0] })
    #expect(all.complaints == ["ranks"], "one complaint is enough")
    #expect(
      all.finding("ranks")?.what.hasPrefix(
        "128 ranks on 64 cores: they share floating-point units, as hardware threads do, and all wait") == true)
  }

  @Test("ranks that fill domain by domain, or are as many in each")
  func sound() throws {
    let host = try host(.synthetic(twoDomains))
    for cpus in [
      Array(0..<192), Array(0..<96), Array(0..<8), Array(96..<100), Array(0..<50) + (96..<146),
      Array(0..<50) + (96..<145),
    ] {
      #expect(job(host, cpus.map { [$0] }).complaints == [], "\(cpus.count)")
    }
    #expect(
      job(host, (0..<192).map { [$0] }).finding("domains")?.what == "2 NUMA domains of 96 cores, with 96 ranks in each")
    #expect(
      job(host, (0..<8).map { [$0] }).finding("domains")?.what
        == "2 NUMA domains of 96 cores, with 8 ranks in 1 of them")
  }

  @Test("more ranks in one domain than in the other: the line shares them out")
  func uneven() throws {
    let facts = job(try host(.synthetic(twoDomains)), (0..<100).map { [$0] })
    let found = try #require(facts.finding("domains"))
    #expect(found.severity == .advice)
    #expect(found.what.hasPrefix("2 NUMA domains of 96 cores, with 96 and 4 ranks in them: ") == true)
    #expect(found.whatToDo == "use the line below, which puts 50 ranks in each")
    #expect(facts.commandLine == "mpirun -np 100 --map-by ppr:50:numa --bind-to core ./ddp-train")
    // Two memories per domain are four to mpirun.
    let twice = job(try host(.synthetic("pack:2 [numa] [numa] core:96 pu:1")), (0..<100).map { [$0] })
    #expect(
      twice.finding("domains")?.whatToDo == "start as many ranks in each domain, or one on each of the 192 cores")
    #expect(twice.commandLine == "mpirun -np 100 --map-by core --bind-to core ./ddp-train")
  }

  @Test("a quota for half the cores is shared out by the line")
  func quota() throws {
    var host = try host(.synthetic("pack:4 [numa] core:48 pu:1"))
    host.quota = 100
    let facts = job(host)
    #expect(facts.commandLine == "mpirun -np 100 --map-by ppr:25:numa --bind-to core ./ddp-train")
    #expect(facts.finding("domains")?.what == "4 NUMA domains of 48 cores; the line below puts 25 ranks in each")
    host.quota = 96
    #expect(job(host).commandLine == "mpirun -np 96 --map-by core --bind-to core ./ddp-train")
    #expect(
      job(host).finding("domains")?.what == "4 NUMA domains of 48 cores; the line below puts 48 ranks in each of 2")
  }

  @Test("neighbouring ranks in different domains, as mpirun deals them where it is told nothing")
  func dealt() throws {
    let facts = job(try host(.synthetic(twoDomains)), (0..<192).map { [$0 / 2 + $0 % 2 * 96] })
    let found = try #require(facts.finding("domains"))
    #expect(found.severity == .advice)
    #expect(
      found.what.hasSuffix("neighbouring ranks lie in different ones: the first ranks are in domains 0, 1, 0, 1")
        == true)
    #expect(facts.commandLine == "mpirun -np 192 --map-by core --bind-to core ./ddp-train")
  }

  @Test("ranks that may use several domains are not counted, and ranks bound to one are")
  func bound() throws {
    let host = try host(.synthetic("pack:2 [numa] core:4 pu:1"))
    let loose = job(host, Array(repeating: host.allowed, count: 8))
    #expect(loose.complaints == ["binding"] && loose.finding("domains")?.what == "2 NUMA domains of 4 cores")
    let domains = job(host, (0..<8).map { Array($0 < 4 ? 0..<4 : 4..<8) })
    #expect(domains.finding("domains")?.what == "2 NUMA domains of 4 cores, with 4 ranks in each")
  }

  @Test("domains of which a mask leaves a part")
  func masked() throws {
    var host = try host(.synthetic(twoDomains))
    host.allowed = Array(90..<100)
    #expect(
      job(host).finding("domains")?.what == "2 NUMA domains of 6 and 4 cores; the line below puts 6 and 4 ranks in them"
    )
    #expect(job(host).commandLine == "mpirun -np 10 --bind-to none bin/ddp-launch bind ./ddp-train")
    host.allowed = Array(0..<10)
    #expect(job(host).finding("domains")?.what == "1 NUMA domain of 10 cores")
  }

  @Test("a topology of another machine is said to be one, and ranks are not looked for on it")
  func pretended() throws {
    var host = try host(.synthetic(twoDomains))
    host.pretended = "HWLOC_SYNTHETIC=\(twoDomains)"
    for facts in [job(host), job(host, [[0, 1], [0, 1]])] {
      #expect(facts.complaints == ["topology"])
      #expect(facts.finding("topology")?.what.hasPrefix("not this machine's: HWLOC_SYNTHETIC=pack:2 ") == true)
      #expect(facts.finding("topology")?.whatToDo == "to see this machine: unset HWLOC_SYNTHETIC")
    }
  }

  @Test("what JSON says of it")
  func json() throws {
    let host = try host(.synthetic("pack:2 [numa] core:4 pu:2"))
    let alone = job(host).topology(0)
    #expect(alone.cores == 8 && alone.hardwareThreads == 16 && alone.isThisMachine && alone.kinds.isEmpty)
    #expect(alone.domains.map(\.cpus) == ["0-7", "8-15"])
    #expect(alone.domains.map(\.cores) == [4, 4] && alone.domains.map(\.ranks) == [4, 4])
    #expect(job(host, [[0], [2], [8]]).topology(0).domains.map(\.ranks) == [2, 1])
    #expect(job(host, [[0], [2], [0, 8]]).topology(0).domains.map(\.ranks) == [nil, nil])
    let kinds = job(try twoKinds()).topology(0).kinds
    #expect(kinds.map(\.cpus) == ["10-19", "0-9"] && kinds.map(\.efficiency) == [0, 1])
  }
}

@Suite("kinds of cores")
struct DoctorKindsTests {
  private let line = "mpirun -np 10 --bind-to none taskset -c 0-9 bin/ddp-launch bind ./ddp-train"

  @Test("as many ranks as there are fast cores, on these")
  func alone() throws {
    let facts = job(try twoKinds())
    #expect(facts.complaints == ["kinds"])
    #expect(facts.finding("kinds")?.what.hasPrefix("10 fast cores, CPUs 0-9, and 10 slow ones, CPUs 10-19: ") == true)
    #expect(facts.finding("kinds")?.whatToDo == "start 10 ranks on CPUs 0-9, with the line below")
    #expect(facts.commandLine == line)
  }

  @Test("ranks on slow cores are named")
  func ranks() throws {
    let all = job(try twoKinds(), (0..<20).map { [$0] })
    #expect(all.complaints == ["kinds"])
    #expect(all.finding("kinds")?.what.contains("where ranks 10-19 may run") == true)
    #expect(all.commandLine == line)
    let fast = job(try twoKinds(), (0..<10).map { [$0] })
    #expect(fast.complaints == [])
  }

  @Test("a mask that has one kind only, kinds that cannot be compared, hosts that differ")
  func others() throws {
    var host = try twoKinds()
    host.allowed = Array(10..<20)
    #expect(job(host).complaints == [] && job(host).finding("kinds") == nil)
    #expect(job(host).commandLine == "mpirun -np 10 --bind-to none bin/ddp-launch bind ./ddp-train")

    host = try twoKinds()
    host.kinds = host.kinds.map { .init(cpus: $0.cpus, efficiency: nil) }
    #expect(job(host).complaints == [] && job(host).finding("kinds") != nil)
    #expect(job(host).commandLine == "mpirun -np 20 --bind-to core ./ddp-train")

    var facts = job(try twoKinds(), [])
    facts.hosts.append(soundHost("two", cores: 20))
    facts.ranks = [0, 1].map { RankFacts(host: $0, cpus: [0], singleCopy: .works) }
    #expect(facts.fastMask == nil)
  }
}

@Suite("memory of a run")
struct DoctorMemoryTableTests {
  @Test("of the job's ranks, or of those that the line starts; of the host that has most of them")
  func rows() throws {
    let rows = job(soundHost(cores: 64)).memory
    #expect(rows.map(\.c) == [64, 128, 512] && rows.allSatisfy { $0.batch == 1024 && $0.ranks == 64 })
    #expect(rows.allSatisfy { $0.hostBytes == 64 * $0.rankBytes + $0.sharedBytes })
    // Open MPI's segments are in it.
    #expect(rows.allSatisfy { $0.sharedBytes > 64 << 22 })
    #expect(job(soundHost(cores: 64), [[0], [1]]).memory.allSatisfy { $0.ranks == 2 })
    let one = job(soundHost(cores: 1)).memory
    #expect(one.allSatisfy { $0.ranks == 1 && $0.sharedBytes == 0 && $0.hostBytes == $0.rankBytes })

    // A replica for each domain.
    let domains = job(try host(.synthetic("pack:2 [numa] core:32 pu:1"))).memory
    #expect(zip(domains, rows).allSatisfy { $0.sharedBytes > $1.sharedBytes })

    var facts = job(soundHost("a"), [])
    facts.hosts.append(soundHost("b"))
    facts.ranks = [0, 1, 1].map { RankFacts(host: $0, cpus: [0], singleCopy: .works) }
    #expect(facts.memory.allSatisfy { $0.ranks == 3 && $0.ranksOnHost == 2 })
  }
}

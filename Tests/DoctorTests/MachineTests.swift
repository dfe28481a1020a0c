import DataParallel
import GPT
import Schemas
import Testing

@testable import Doctor

@Suite("memory, users, names, programs")
struct DoctorMachineTests {
  @Test("too little shared memory for the usual model, for wide ones, and enough")
  func sharedMemory() throws {
    let usual = JobFacts.needed(dModel: 64, ranks: 2)
    let most = JobFacts.needed(dModel: Shape.widest, ranks: 2)
    let strategy = SharedMemory.needed(
      shape: try Shape(dModel: 64, heads: 4), engine: EngineOptions(), ranks: 2)
    #expect(strategy < usual && usual < most)
    let cases: [(Int?, Finding.Severity)] = [
      (usual - 1, .problem), (usual, .advice), (most - 1, .advice), (most, .fine), (nil, .advice),
    ]
    for (free, severity) in cases {
      var host = soundHost(cores: 2)
      host.sharedMemory.free = free
      #expect(job(host, [[0], [1]]).finding("shared memory")?.severity == severity, "\(free ?? -1)")
      #expect(job(host).finding("shared memory")?.severity == severity, "\(free ?? -1)")
      #expect(job(host, [[0]]).finding("shared memory")?.severity == .fine)
    }
  }

  @Test("the widest model that fits is named")
  func widest() {
    var host = soundHost(cores: 2)
    host.sharedMemory.free = JobFacts.needed(dModel: 528, ranks: 2)
    #expect(job(host).finding("shared memory")?.what.contains("enough up to d-model 528; 1024 needs") == true)
  }

  @Test("a folder for temporary files that is full, or not writable")
  func temporary() {
    var host = soundHost()
    host.temporary.free = (1 << 20) - 1
    #expect(job(host).complaints == ["temporary"])
    host.temporary = .init(path: "/tmp", free: 1 << 30, isWritable: false)
    #expect(job(host).complaints == ["temporary"])
  }

  @Test("root, told to mpirun and not")
  func root() {
    var facts = job()
    #expect(facts.finding("user")?.severity == .fine)
    facts.isRoot = true
    #expect(facts.finding("user")?.severity == .advice)
    #expect(facts.commandLine == "mpirun -np 4 --allow-run-as-root --bind-to core ./ddp-train")
    facts.rootIsAllowed = true
    #expect(facts.finding("user")?.severity == .fine)
    #expect(facts.commandLine == "mpirun -np 4 --bind-to core ./ddp-train")
  }

  @Test("memory of other ranks that may not be read")
  func singleCopy() {
    var facts = job(soundHost(), [[0], [1]])
    facts.ranks[1].singleCopy = .refused("Operation not permitted")
    #expect(facts.complaints == ["single copy"])
    #expect(facts.commandLine == "mpirun -np 2 --bind-to core ./ddp-train", "the program switches it off itself")
    for index in facts.ranks.indices { facts.ranks[index].singleCopy = .switchedOff }
    #expect(facts.complaints == [])
  }

  @Test("no mpirun, another library's version, a second name")
  func launcher() {
    var facts = job()
    facts.launcher.command = nil
    #expect(facts.finding("mpirun")?.severity == .problem)
    facts.launcher.command = "mpirun.openmpi"
    #expect(facts.finding("mpirun")?.severity == .fine)
    #expect(facts.commandLine == "mpirun.openmpi -np 4 --bind-to core ./ddp-train")
    facts.launcher.version = "5.0.1"
    #expect(facts.finding("mpirun")?.severity == .advice)
  }

  @Test("a build for narrower vectors than the CPU has")
  func build() {
    var host = soundHost()
    host.builtFor = "AVX2+FMA"
    #expect(job(host).complaints == ["build"])
    host.cpuHas = "AVX2+FMA"
    #expect(job(host).complaints == [])
    (host.builtFor, host.cpuHas, host.sme2Bits) = ("Neon", "Neon", 512)
    #expect(job(host).finding("build")?.what == "for Neon, which the CPU has, and SME2 of 512 bits")
  }

  @Test("a governor that saves power")
  func governor() {
    var host = soundHost()
    host.governor = "powersave"
    #expect(job(host).complaints == ["frequency"])
    host.governor = "performance"
    #expect(job(host).complaints == [])
  }
}

@Suite("several hosts")
struct DoctorHostsTests {
  private func job(_ hosts: [HostFacts], ranks: [[Int]]) -> JobFacts {
    var facts = DoctorTests.job(hosts[0], [])
    facts.hosts = hosts
    facts.ranks = ranks.enumerated().flatMap { host, cpus in
      cpus.map { RankFacts(host: host, cpus: [$0], singleCopy: .works) }
    }
    return facts
  }

  @Test("each has its ranks in the line, and no more than it has cores")
  func line() {
    let facts = job([soundHost("a"), soundHost("b", cores: 2)], ranks: [[0, 1, 2], [0, 1, 0]])
    #expect(facts.commandLine == "mpirun -np 5 --host a:3,b:2 --bind-to core ./ddp-train")
    #expect(facts.finding("ranks")?.hosts == ["a"])
    #expect(facts.findings.contains { $0.severity == .problem && $0.hosts == ["b"] && $0.check == "ranks" })
  }

  @Test("ranks are called by their number in the job")
  func names() {
    let facts = job([soundHost("a"), soundHost("b")], ranks: [[0, 1], [3, 3]])
    let found = facts.findings.first { $0.severity == .problem }
    #expect(found?.what == "ranks 2-3 share 1 core, CPU 3")
    #expect(found?.hosts == ["b"])
  }

  @Test("what is the same everywhere is said once, of all")
  func once() {
    let facts = job([soundHost("a"), soundHost("b")], ranks: [[0], [0]])
    #expect(facts.complaints == [])
    #expect(facts.findings.filter { $0.check == "cores" }.count == 1)
    #expect(facts.finding("cores")?.hosts == nil)
  }

  @Test("two machines of one name")
  func twice() {
    var second = soundHost("a")
    second.machine = "another"
    let found = job([soundHost("a"), second], ranks: [[0], [0]]).finding("names")
    #expect(found?.severity == .problem)
    #expect(found?.what.contains("called a:") == true)
    #expect(job([soundHost("a"), soundHost("b")], ranks: [[0], [0]]).finding("names") == nil)
  }

  @Test("names that lead nowhere, or home")
  func addresses() {
    var local = soundHost("b")
    local.addresses = ["127.0.1.1"]
    #expect(job([soundHost("a"), local], ranks: [[0], [0]]).complaints == ["name"])
    #expect(DoctorTests.job(local).complaints == [])
    local.addresses = []
    #expect(DoctorTests.job(local).complaints == ["name"])
  }
}

import Testing

@testable import Doctor

@Suite("ranks on cores")
struct DoctorPlacementTests {
  @Test("a rank on each core is fine, and so is one on two hardware threads of a core")
  func sound() {
    #expect(job(soundHost(), [[0], [1], [2], [3]]).complaints == [])
    #expect(job(soundHost(cores: 2, threads: 2), [[0, 2], [1, 3]]).complaints == [])
    #expect(job(soundHost(), [[0, 1, 2, 3]]).complaints == [])
    #expect(job().complaints == [])
  }

  @Test("ranks whose only core is the same")
  func sameCore() {
    let facts = job(soundHost(), [[0], [1], [0], [1]])
    #expect(facts.finding("binding")?.severity == .problem)
    #expect(facts.finding("binding")?.what == "ranks 0,2 share 1 core, CPU 0; ranks 1,3 share 1 core, CPU 1")
    #expect(facts.commandLine == "mpirun -np 4 --bind-to core ./ddp-train")
  }

  @Test("ranks on the hardware threads of one core")
  func sameThreads() {
    let facts = job(soundHost(cores: 2, threads: 2), [[1], [3]])
    #expect(facts.finding("binding")?.severity == .problem)
    #expect(
      facts.finding("binding")?.what == "ranks 0-1 share 1 core, CPUs 1,3, which are its hardware threads")
  }

  @Test("three ranks that may use two cores, a fourth elsewhere")
  func tooFewPlaces() {
    let facts = job(soundHost(), [[0, 1], [3], [0, 1], [1]])
    #expect(facts.finding("binding")?.what == "ranks 0,2-3 share 2 cores, CPUs 0-1")
  }

  @Test("ranks that are not bound")
  func loose() {
    let facts = job(soundHost(), [[0, 1, 2, 3], [1], [0, 1, 2, 3]])
    #expect(facts.finding("binding")?.severity == .advice)
    #expect(facts.finding("binding")?.what.hasPrefix("ranks 0,2 may move between cores") == true)
  }

  @Test("ranks bound outside the mask: the line stays inside it")
  func outside() {
    var host = soundHost()
    host.allowed = [1, 2]
    let facts = job(host, [[0], [1]])
    #expect(facts.finding("binding")?.severity == .advice)
    #expect(facts.finding("binding")?.what.hasPrefix("rank 0 may use more than mpirun's own mask, CPUs 1-2") == true)
    #expect(facts.commandLine == "mpirun -np 2 --bind-to none bin/ddp-launch bind ./ddp-train")
  }

  @Test("more ranks than cores, waiting with and without a yield")
  func oversubscribed() {
    var facts = job(soundHost(cores: 2), [[0, 1], [0, 1], [0, 1]])
    let found = facts.finding("ranks")
    #expect(found?.severity == .problem)
    #expect(found?.what.hasPrefix("3 ranks on 2 cores") == true)
    #expect(found?.what.contains("keeps its core") == true)
    #expect(
      found?.whatToDo?.hasSuffix("mpirun -np 3 --oversubscribe --mca mpi_yield_when_idle 1 --bind-to none ./ddp-train")
        == true)
    #expect(facts.finding("binding") == nil, "one complaint is enough")
    #expect(facts.commandLine == "mpirun -np 2 --bind-to core ./ddp-train")
    facts.yields = true
    #expect(facts.finding("ranks")?.what.contains("keeps its core") == false)
  }

  @Test("more ranks than cores and no more than hardware threads")
  func hardwareThreads() {
    let facts = job(soundHost(cores: 2, threads: 2), [[0], [1], [2], [3]])
    #expect(facts.finding("ranks")?.severity == .problem)
    #expect(
      facts.finding("ranks")?.whatToDo?.hasSuffix("mpirun -np 4 --use-hwthread-cpus --bind-to hwthread ./ddp-train")
        == true)
  }

  @Test(
    "a quota counts whole CPUs", arguments: [(0.5, 1), (1.0, 1), (1.5, 1), (2.0, 2), (3.99, 3), (4.0, 4), (9.0, 4)])
  func quota(cpus: Double, ranks: Int) {
    var host = soundHost()
    host.quota = cpus
    let alone = job(host)
    #expect(alone.commandLine == "mpirun -np \(ranks) --bind-to core ./ddp-train")
    #expect(alone.finding("quota")?.severity == (cpus < 4 ? .advice : .fine))
    let running = job(host, [[0], [1], [2], [3]])
    #expect(running.finding("quota")?.severity == (cpus < 4 ? .problem : .fine))
    #expect(running.commandLine == alone.commandLine)
    #expect(job(host, [[0]]).finding("quota")?.severity == (cpus < 1 ? .problem : cpus < 4 ? .advice : .fine))
  }

  @Test("load beyond the free cores")
  func load() {
    var host = soundHost()
    host.load = 1
    #expect(job(host, [[0], [1]]).finding("load")?.severity == .fine)
    #expect(job(host, [[0], [1], [2], [3]]).finding("load")?.severity == .advice)
    host.load = 3
    #expect(job(host, [[0], [1]]).finding("load")?.severity == .advice)
  }

  @Test("one core of several")
  func oneCore() {
    var host = soundHost()
    host.allowed = [2]
    #expect(job(host).finding("cores")?.severity == .advice)
    #expect(job(host).finding("cores")?.what.hasPrefix("1 of 4 cores, CPU 2;") == true)
    #expect(job(host).commandLine == "mpirun -np 1 --bind-to none ./ddp-train")
    #expect(job(soundHost(cores: 1)).finding("cores")?.severity == .fine)
    // mpirun sees a cgroup's cpuset itself.
    host.seenByMPIRun = [2]
    #expect(job(host).commandLine == "mpirun -np 1 --bind-to core ./ddp-train")
  }

  @Test("cores that the system does not tell")
  func unknownCores() {
    var host = soundHost()
    host.coresAreKnown = false
    #expect(job(host).complaints == ["cores"])
    #expect(job(host).finding("cores")?.what.hasSuffix("so each counts as one") == true)
  }

  @Test("no ddp-launch to bind by")
  func noBinder() {
    var host = soundHost()
    host.allowed = [2, 3]
    var facts = job(host)
    facts.binder = nil
    #expect(facts.commandLine == "mpirun -np 2 --bind-to none ./ddp-train")
  }
}

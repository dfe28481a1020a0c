import Testing

@testable import Launch

@Suite("a job on this host") struct ThisHostTests {
  private let launcher = MPILauncher(name: "mpirun", path: "/opt/mpirun", version: "4.1.4")
  private let place = JobPlace(name: "0af9", temporaryFiles: "/tmp")
  private let cores = UsableCores(mask: [0, 1, 2, 4, 5], cores: [[0, 4], [1, 5], [2]], quota: nil)

  private func job(ranks: Int?, _ cores: UsableCores) -> PreparedJob {
    ThisHost(launcher: launcher, binder: ["launch", "bind"], ranks: ranks, cores: cores).prepare(place)
  }

  @Test("one rank on each core, bound, in a place of its own") func all() {
    let job = job(ranks: nil, cores)
    #expect(job.ranks == 3 && job.line.hosts == [] && job.line.place == place)
    #expect(job.line.mapping == "slot" && job.line.binder == ["launch", "bind"])
    #expect(!job.line.sharesCores && !job.line.failsFast)
    #expect(job.notes == ["physical cores: 3; ranks: 3, one a core, on CPUs 0,4 1,5 2"])
    #expect(job.leftOut == [] && job.allHosts == 1)
  }

  @Test("fewer ranks have the first cores") func fewer() {
    #expect(job(ranks: 1, cores).notes == ["physical cores: 3; ranks: 1, one a core, on CPUs 0,4"])
  }

  @Test("more ranks than cores share them") func more() {
    let job = job(ranks: 4, cores)
    #expect(job.ranks == 4 && job.line.sharesCores)
    #expect(job.notes == ["physical cores: 3; ranks: 4, oversubscribed: not bound, and slow"])
  }

  @Test("a quota pays for fewer") func quota() {
    let tight = UsableCores(mask: [0, 1, 2], cores: nil, quota: 2.5)
    let found = "physical cores: 3, of which the CPU quota pays for 2; ranks: "
    #expect(job(ranks: nil, tight).ranks == 2)
    #expect(job(ranks: nil, tight).notes == ["\(found)2, one a core, on CPUs 0 1"])
    #expect(job(ranks: 3, tight).notes == ["\(found)3, oversubscribed: not bound, and slow"])
    #expect(job(ranks: 3, tight).line.sharesCores)
  }
}

import Testing

@testable import Launch

@Suite("a job in a Slurm allocation") struct SlurmAllocationTests {
  private let launcher = MPILauncher(name: "mpirun", path: "/opt/mpirun", version: "4.1.4")
  private let four = UsableCores(mask: Array(0...7), cores: [[0, 4], [1, 5], [2, 6], [3, 7]], quota: nil)

  private func job(_ environment: [String: String], shield: [String] = ["env", "--block"]) -> PreparedJob {
    SlurmAllocation(launcher: launcher, binder: ["bind"], shield: shield, environment: environment, cores: four)
      .prepare(JobPlace(name: "0af9", temporaryFiles: "/tmp"))
  }

  @Test("where ranks go is Slurm's to say; its first SIGTERM reaches the ranks alone") func always() {
    let line = job(["SLURM_NTASKS": "4", "SLURM_TASKS_PER_NODE": "2(x2)"]).line
    #expect(line.hosts == [] && line.ranks == nil && line.place == nil && line.failsFast && !line.sharesCores)
    #expect(line.wrapper == ["env", "--block"] && line.daemon == ["env", "--block"] && line.binder == ["bind"])
    #expect(job([:], shield: []).line.wrapper == [])
  }

  @Test("a rank for each task that was asked for") func tasks() {
    for environment in [
      ["SLURM_NTASKS": "4", "SLURM_TASKS_PER_NODE": "4"],
      ["SLURM_NTASKS_PER_NODE": "2", "SLURM_TASKS_PER_NODE": "2(x3),1"],
      ["SLURM_NTASKS": "1"], [:], ["SLURM_TASKS_PER_NODE": "four"],
    ] {
      let job = job(environment)
      #expect(job.line.mapping == "slot" && !job.line.yields && job.notes == [])
    }
  }

  @Test("more tasks than cores, as was asked: they give way to each other") func oversubscribed() {
    for asked in ["SLURM_NTASKS", "SLURM_NTASKS_PER_NODE"] {
      let job = job([asked: "5", "SLURM_TASKS_PER_NODE": "5(x2)"])
      #expect(job.line.mapping == "slot" && job.line.yields)
      #expect(job.notes == ["tasks on \(ownHostName()): 5, physical cores: 4: oversubscribed, not bound, and slow"])
    }
  }

  @Test("nobody asked, and Slurm counts hardware threads: one rank on each core") func threads() {
    let job = job(["SLURM_TASKS_PER_NODE": "8(x2),4"])
    #expect(job.line.mapping == "ppr:4:node" && !job.line.yields && job.notes == [])
  }

  @Test("a job that Slurm does not confine is not bound: others run there too") func notConfined() {
    let job = job(["SLURM_CPUS_ON_NODE": "2", "SLURM_NTASKS": "2", "SLURM_TASKS_PER_NODE": "2"])
    #expect(job.line.binder == [])
    #expect(
      job.notes == ["CPUs of this job on \(ownHostName()): 2, to which Slurm does not confine it: ranks are not bound"])
    for cpus in ["4", "8", "", "x"] {
      #expect(self.job(["SLURM_CPUS_ON_NODE": cpus, "SLURM_NTASKS": "2"]).line.binder == ["bind"])
    }
  }
}

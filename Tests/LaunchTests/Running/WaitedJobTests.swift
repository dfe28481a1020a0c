import Glibc
import TestSupport
import Testing

@testable import Launch

@Suite("a job that its caller waits for") struct WaitedJobTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func job(_ script: String, within seconds: Double = 200) throws -> WaitedJob {
    WaitedJob(words: [try folder.script("program", script)], seconds: seconds)
  }

  @Test("its code and its last words, without the lines of mpirun's boxes") func ends() throws {
    #expect(try job("echo words").run() == .init(code: 0, lastWords: ""))
    let box = "-----------------"
    #expect(
      try job("{ echo '\(box)'; echo 'the reason'; echo; echo '\(box)'; } >&2; exit 7").run()
        == .init(code: 7, lastWords: "the reason"))
    #expect(WaitedJob(words: [folder.path("none")], seconds: 200).run() == nil)
  }

  @Test("is asked to end before it is killed", arguments: [true, false]) func unwanted(isTimedOut: Bool) throws {
    let job = try job(
      "trap 'echo asked >\"$0.asked\"; exit 0' TERM; echo >\"$0.ready\"; while :; do sleep 0.05; done",
      within: isTimedOut ? 2 : 200)
    let end = job.run { !isTimedOut && access(folder.path("program.ready"), F_OK) == 0 }
    #expect(end == nil)
    #expect(try folder.text("program.asked") == "asked\n")
  }

  @Test("ranks on this host, with settings of Open MPI's and no others", arguments: ["4.1.4", "5.0.7"])
  func words(version: String) throws {
    let launcher = MPILauncher(name: "mpirun", path: "/opt/mpirun", version: version)
    let cores = UsableCores(mask: [0, 1], cores: nil, quota: nil)
    func words(_ ranks: Int) -> [String] {
      WaitedJob(
        launcher: launcher, ranks: ranks,
        settings: [("btl", "self,\(launcher.sharedMemoryTransport)"), ("pml", "ob1")],
        binder: ["launch", "bind"], program: ["train", "--x"], seconds: 1, cores: cores
      ).words.filter { $0 != "--allow-run-as-root" }
    }
    let start = ["env", version == "4.1.4" ? "OMPI_MCA_btl=self,vader" : "OMPI_MCA_btl=self,sm", "OMPI_MCA_pml=ob1"]
    let end = ["--bind-to", "none", "launch", "bind", "train", "--x"]
    #expect(words(2) == start + ["/opt/mpirun", "-np", "2", "--map-by", "slot"] + end)
    #expect(
      words(3) == start + ["/opt/mpirun", "-np", "3", "--map-by", "slot", "--oversubscribe"]
        + ["--mca", "mpi_yield_when_idle", "1"] + end)
  }
}

import Glibc
import TestSupport
import Testing

@testable import Launch

@Suite("a job's processes") struct JobProcessesTests {
  private let name = SignToken().publicDigits

  @Test("are those with its name in their environment, or among a daemon's arguments") func found() throws {
    let job = JobProcesses(name: name)
    #expect(job.numbers() == [])
    let own = try [
      TestProcess.stopped(environment: ["A=1", "DDP_TRAIN_JOB=\(name)", "B=2"]),
      TestProcess.stopped(as: "/opt/bin/orted", ["--mca", "ddp_train_job", name]),
    ]
    let others = try [
      TestProcess.stopped(environment: ["DDP_TRAIN_JOB=\(name)0"]),
      TestProcess.stopped(environment: ["DDP_TRAIN_JOB="]),
      TestProcess.stopped(environment: ["XDDP_TRAIN_JOB=\(name)", "NOTE=DDP_TRAIN_JOB=\(name)"]),
      TestProcess.stopped(["ddp_train_job", "x\(name)"]),
      TestProcess.stopped([name, "ddp_train_job"]),
      TestProcess.stopped(["guard", name, "/dev/shm/ddp-train.\(name)"]),
    ]
    #expect(job.numbers().sorted() == own.map(\.number).sorted())

    job.kill()
    #expect(own.allSatisfy { $0.end() == 128 + SIGKILL })
    #expect(others.allSatisfy { $0.isRunning })
    #expect(job.numbers() == [])
  }

  @Test("daemons of Open MPI's are known by their name") func daemons() throws {
    let job = JobProcesses(name: name)
    for (program, isDaemon) in [("orted", true), ("/opt/bin/prted", true), ("mpirun", false), ("orted-x", false)] {
      let process = try TestProcess.stopped(as: program)
      #expect(job.isDaemon(process.number) == isDaemon)
      // Else it might be gone before.
      #expect(process.isRunning)
    }
    // No such process.
    #expect(!job.isDaemon(.max))
  }

  @Test("a sweep ends them and removes the job's folders that are this user's alone") func sweep() throws {
    let folder = try TemporaryFolder()
    let process = try TestProcess.stopped(environment: ["DDP_TRAIN_JOB=\(name)"])
    let mine = try folder.privateFolder("mine")
    close(open("\(mine)/file", O_CREAT | O_WRONLY, 0o600))
    let open = try folder.privateFolder("open", mode: 0o755)
    try folder.file("file", "")
    HostGuard(name: name, folders: [folder.path("none"), mine, open, folder.path("file")]).sweep()
    #expect(process.end() == 128 + SIGKILL)
    #expect(folder.names == ["file", "open"])
  }
}

import Glibc
import TestSupport
import Testing

@testable import Launch

@Suite("the record of a supervisor") struct SupervisorRecordTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func path(_ subject: String) throws -> String {
    try #require(SupervisorRecord.path(of: subject, environment: ["XDG_STATE_HOME": folder.path("state")]))
  }

  @Test("is there as long as the supervisor, and is its alone") func life() throws {
    let path = try path(folder.path("run"))
    var content = SupervisorRecord.Content(process: 4321, host: "node1", log: "/var/log/a file")
    #expect(SupervisorRecord.find(path) == nil)
    var record: SupervisorRecord? = try SupervisorRecord(taking: path, content)
    #expect(SupervisorRecord.find(path) == content)
    do {
      _ = try SupervisorRecord(taking: path, content)
      Issue.record("two supervisors of one job")
    } catch {
      guard case .taken(let other) = error.kind else {
        Issue.record("\(error)")
        return
      }
      #expect(other == content)
    }
    (content.starts, content.step) = (3, 1_000_000)
    record?.write(content)
    #expect(SupervisorRecord.find(path) == content)
    // As the kernel does where the process dies.
    record = nil
    // Other tests start processes, which have it until they are another program.
    #expect(eventually { SupervisorRecord.find(path) == nil })
    #expect(access(path, F_OK) == 0)
    let next = try SupervisorRecord(taking: path, SupervisorRecord.Content(process: 5, host: "b", log: nil))
    #expect(SupervisorRecord.find(path)?.process == 5)
    next.remove()
    #expect(access(path, F_OK) != 0)
  }

  @Test("is found by any name of the folder, before it is there too") func names() throws {
    let run = folder.path("runs/one")
    let before = try path(run)
    #expect(mkdir(folder.path("runs"), 0o700) == 0)
    #expect(try path(run) == path(folder.path("./runs//one")))
    #expect(mkdir(run, 0o700) == 0)
    #expect(symlink(run, folder.path("link")) == 0)
    #expect(try path(folder.path("link")) == path(run))
    #expect(try path(folder.path("runs/two")) != path(run))
    #expect(before.hasPrefix(folder.path("state/ddp-train/supervisors/")))
  }

  @Test("a link in its place is neither followed nor believed") func link() throws {
    let path = try path(folder.path("run"))
    try SupervisorRecord(taking: path, SupervisorRecord.Content(process: 7, host: "a", log: nil)).remove()
    let other = try folder.file("other", "process 7\nhost a\nstarts 1\n")
    try #require(symlink(other, path) == 0)
    #expect(SupervisorRecord.find(path) == nil)
    #expect(throws: SupervisorRecordError.self) {
      try SupervisorRecord(taking: path, SupervisorRecord.Content(process: 8, host: "b", log: nil))
    }
    #expect(try folder.text("other") == "process 7\nhost a\nstarts 1\n")
  }

  @Test("needs a place for state") func places() {
    #expect(SupervisorRecord.path(of: "a", environment: [:]) == nil)
    #expect(SupervisorRecord.path(of: "a", environment: ["HOME": "no path"]) == nil)
    let home = SupervisorRecord.path(of: "/a", environment: ["HOME": "/home/u"])
    #expect(home?.hasPrefix("/home/u/.local/state/ddp-train/supervisors/") == true)
  }

  @Test(
    "what is not whole is not taken",
    arguments: [
      "", "process 12\nhost a\nstarts 1", "process 12\nhost a\n", "process 1\nhost a\nstarts 1\n",
      "process -5\nhost a\nstarts 1\n",
      "process x\nhost a\nstarts 1\n", "host a\nstarts 1\n", "\u{0}\n",
    ])
  func hostile(text: String) { #expect(SupervisorRecord.Content(text) == nil) }

  @Test("a journal writes what changes, and no step before the training begins") func journal() throws {
    let path = try path(folder.path("run"))
    let record = try SupervisorRecord(taking: path, SupervisorRecord.Content(process: 77, host: "a", log: nil))
    var journal = SupervisorJournal(record)
    func sign(_ step: Int) -> SupervisionEvent {
      .signs([LifeSign(rank: 0, process: 1, host: "a", step: step, stage: .computing, seconds: 0)])
    }
    journal.note(.started(process: 2, ranks: 1, hosts: 1))
    journal.note(sign(5))
    #expect(SupervisorRecord.find(path)?.starts == 1)
    #expect(SupervisorRecord.find(path)?.step == nil)
    journal.note(.begun(ranks: 1, step: 100))
    journal.note(sign(120))
    journal.note(sign(110))
    #expect(SupervisorRecord.find(path)?.step == 120)
  }
}

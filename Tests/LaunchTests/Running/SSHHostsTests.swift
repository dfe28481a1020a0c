import TestSupport
import Testing
import Values

@testable import Launch

/// The questions to hosts and what is made of their answers, with this host under its two names, which no ssh is needed for.
@Suite("hosts and their answers") struct SSHHostsTests {
  private let folder: TemporaryFolder
  private let place = JobPlace(name: "0af9", temporaryFiles: "/tmp")
  private let program: String
  private let mpirun: String

  init() throws {
    folder = try TemporaryFolder("it's here")
    program = try folder.script("program", "echo version 7")
    mpirun = try folder.script("mpirun", "echo 'mpirun (Open MPI) 4.1.4'")
  }

  private func prepare(
    _ hosts: [HostShare], skipsLostHosts: Bool = false, limits: CallLimits = CallLimits()
  ) async throws -> PreparedJob {
    var settings = SSHHosts.Settings(
      launcher: MPILauncher(name: "mpirun", path: mpirun, version: "4.1.4"), hosts: hosts, program: program,
      ddpLaunch: folder.path("ddp-launch"))
    (settings.sshConfig, settings.network, settings.skipsLostHosts) = ("/etc/my-config", "eth1", skipsLostHosts)
    return try await SSHHosts(settings, limits: limits).prepare(place)
  }

  private func local(_ ranks: Int? = nil) throws -> [HostShare] { [try HostShare("localhost", ranks: ranks)] }

  private func refusal(_ hosts: [HostShare], skipsLostHosts: Bool = false) async -> [String]? {
    let error = await #expect(throws: JobSiteError.self) { try await prepare(hosts, skipsLostHosts: skipsLostHosts) }
    #expect(error?.code == exitUnavailable)
    return error?.lines
  }

  /// A ddp-launch that answers what this host has, but for some of it.
  private func answer(_ change: (inout HostInventory) -> Void) async throws {
    // The script itself is part of the answer, so what it prints lies beside it.
    try folder.script("ddp-launch", "cat \"$0.answer\"; printf '%s\\n' \"$@\" >\"$0.words\"")
    var inventory = await HostInventory(program: program, mpirun: mpirun, launcher: folder.path("ddp-launch"))
    (inventory.name, inventory.cores) = ("node-1", 2)
    change(&inventory)
    try folder.file("ddp-launch.answer", "Welcome\n\(inventory.text)")
  }

  @Test("a host that has the same has a rank on each core") func same() async throws {
    try await answer { _ in }
    let job = try await prepare(try local())
    #expect(job.line.hosts == (try local(2)) && job.ranks == 2)
    #expect(job.notes == [] && job.leftOut == [] && job.allHosts == 1 && !job.line.sharesCores)
    #expect(job.line.place == place && job.line.failsFast && job.line.mapping == "slot" && job.line.network == "eth1")
    #expect(job.line.binder == [folder.path("ddp-launch"), "bind"])
    #expect(job.line.agent.prefix(3) == ["ssh", "-F", "/etc/my-config"] && job.line.agent.contains("BatchMode=yes"))
    #expect(
      try folder.text("ddp-launch.words") == "inventory\n--program\n\(program)\n--mpirun\n\(mpirun)\n")
  }

  @Test("more ranks than cores share them, and that is said") func sharing() async throws {
    try await answer { _ in }
    let job = try await prepare(try local(3))
    #expect(job.line.sharesCores && job.ranks == 3)
    #expect(
      job.notes == ["host localhost: ranks 3, physical cores 2: oversubscribed, not bound, and slow"])
  }

  @Test("whatever differs is said, all of it, and nothing of it can do anything to a terminal") func differs()
    async throws
  {
    try await answer {
      ($0.program, $0.launcher) = (String(repeating: "a", count: 32), nil)
      ($0.version, $0.mpirun) = ("version \u{1b}[2J", "mpirun (Open MPI) 5.0.7")
    }
    let hash = try #require(contentHash(of: program)).prefix(16)
    #expect(
      await refusal(try local()) == [
        "host localhost: \(program) differs (XXH3 aaaaaaaaaaaaaaaa, here \(hash))",
        "host localhost: \(program) --version says: version \\u001b[2J (here: version 7)",
        "host localhost: \(mpirun) --version says: mpirun (Open MPI) 5.0.7 (here: mpirun (Open MPI) 4.1.4)",
        "host localhost: \(folder.path("ddp-launch")) differs, or there is none: the program must be the same everywhere",
      ])
  }

  @Test("a host under two names is found out", .enabled(if: HostShare.isName(ownHostName()))) func twice() async throws
  {
    try await answer { _ in }
    let both = try local() + [try HostShare(ownHostName())]
    #expect(
      await refusal(both) == ["hosts localhost and \(ownHostName()) are the same, or both call themselves node-1"])
  }

  @Test("an answer that means nothing is no answer") func nonsense() async throws {
    try folder.script("ddp-launch", "echo 'cores\thosts[$(touch x)]'")
    #expect(
      await refusal(try local()) == ["host localhost: \(folder.path("ddp-launch")) answers what cannot be understood"])
  }

  @Test("a host without ddp-launch", arguments: [126, 127]) func lacksLauncher(code: Int) async throws {
    try folder.script("ddp-launch", "echo 'no such file' >&2; exit \(code)")
    #expect(
      await refusal(try local()) == [
        "host localhost: there is no \(folder.path("ddp-launch")): the program must be at the same path everywhere"
      ])
  }

  @Test("a host that does not answer ends it, or is left out as long as one does") func silence() async throws {
    try folder.script("ddp-launch", "printf 'ssh: no route\\r\\nto \\033[1mhost\\n' >&2; exit 255")
    let note = "host localhost does not answer over ssh (exit code 255): ssh: no route; to \\u001b[1mhost"
    #expect(await refusal(try local()) == [note])
    #expect(await refusal(try local(), skipsLostHosts: true) == [note, "no host is left: localhost"])
  }

  @Test("one that is killed, or says too much, does not answer either") func killed() async throws {
    try folder.script("ddp-launch", "kill -9 $$")
    #expect(await refusal(try local()) == ["host localhost does not answer over ssh (exit code 137): "])
    try folder.script("ddp-launch", "head -c 100000 /dev/zero")
    #expect(
      await refusal(try local()) == ["host localhost: \(folder.path("ddp-launch")) answers what cannot be understood"])
  }

  @Test("a host whose login or programs hang does not answer, and is not waited for") func hangs() async throws {
    try folder.script("ddp-launch", "exec sleep 1000")
    let began = ContinuousClock.now
    var limits = CallLimits()
    limits.inventory = 2
    let error = await #expect(throws: JobSiteError.self) { try await prepare(try local(), limits: limits) }
    #expect(
      error?.lines == [
        "host localhost does not answer over ssh (exit code 255): \(folder.path("ddp-launch")) cannot be started, or does "
          + "not end within 2 s"
      ])
    #expect(ContinuousClock.now - began < .seconds(300))
  }
}

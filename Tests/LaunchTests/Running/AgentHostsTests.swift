import TestSupport
import Testing

@testable import Launch

@Suite("hosts that an agent reaches") struct AgentHostsTests {
  private let folder: TemporaryFolder
  private let place = JobPlace(name: "0af9", temporaryFiles: "/tmp")

  init() throws { folder = try TemporaryFolder("it's here") }

  /// - Parameters:
  ///   - hosts: as a list.
  ///   - states: a command of sh's; its output says which hosts are not well.
  ///   - agent: a command of sh's that the agent ends with.
  private func site(
    _ hosts: String, states: String? = nil, agent: String = ":", cores: [String: Int] = [:],
    binder: [String] = ["/bin/my launch", "bind"], skipsLostHosts: Bool = false, limits: CallLimits = CallLimits()
  ) throws -> AgentHosts {
    let log = "'\(folder.path.replacing("'", with: "'\\''"))/agent.log'"
    let agent = try folder.script("agent", "echo \"$# $*\" >>\(log); \(agent)")
    let program = try states.map { [try folder.script("states", $0), "a word"] } ?? []
    var settings = AgentHosts.Settings(
      launcher: MPILauncher(name: "mpirun", path: "/opt/mpirun", version: "4.1.4"), hosts: try [HostShare](list: hosts),
      agent: agent, states: program, binder: binder, cores: cores)
    settings.skipsLostHosts = skipsLostHosts
    return AgentHosts(settings, limits: limits)
  }

  @Test("each host gets its ranks, or one on each core, and is reached by the agent") func prepare() async throws {
    let job = try await site("a:3,b,c", cores: ["a": 4, "b": 2]).prepare(place)
    #expect(job.line.hosts.map(\.ranks) == [3, 2, 1] && job.ranks == 6)
    #expect(job.line.agent == [folder.path("agent")] && job.line.binder == ["/bin/my launch", "bind"])
    #expect(job.line.place == place && job.line.failsFast && job.line.mapping == "slot" && !job.line.sharesCores)
    #expect(job.leftOut == [] && job.allHosts == 3 && job.notes == [])
  }

  @Test(
    "more ranks than cores share them",
    arguments: [("a:3", 2, true), ("a:2", 2, false), ("a", 0, true), ("a", 1, false), ("a:9", nil, false)]
      as [(String, Int?, Bool)])
  func sharing(hosts: String, cores: Int?, shares: Bool) async throws {
    let job = try await site(hosts, cores: cores.map { ["a": $0] } ?? [:]).prepare(place)
    #expect(job.line.sharesCores == shares)
  }

  @Test("hosts that are not well are left out, where that is wanted") func leftOut() async throws {
    let states = "printf 'b\\thas no network\\nz\\tis another\\n'"
    let job = try await site("a:1,b:2,c:4", states: states, skipsLostHosts: true).prepare(place)
    #expect(job.line.hosts.map(\.name) == ["a", "c"] && job.ranks == 5)
    #expect(job.leftOut == ["b"] && job.allHosts == 3)
    let all = try await site("a:1,b:2,c:4", states: states).prepare(place)
    #expect(all.ranks == 7 && all.leftOut == [])
  }

  @Test("without a host there is no job") func none() async throws {
    let site = try site("a:1,b", states: "printf 'b\\tgone\\na\\tgone\\n'", skipsLostHosts: true)
    let error = await #expect(throws: JobSiteError.self) { try await site.prepare(place) }
    #expect(error?.lines == ["no host is left: b a"] && error?.code == exitUnavailable)
  }

  @Test("what is said of hosts is read line by line; of other hosts, and what is no state, nothing is")
  func states() async throws {
    let states = """
      [ "$*" = "a word" ] || exit
      printf 'a\\tdoes not\\tanswer \\033[2J\\nz\\tis not of the job\\nb no tab\\n\\tno name\\na;b\\tx\\nb\\t\\n\\nb\\tis slow'
      """
    let site = try site("a:1,b:1", states: states)
    let unwell = await site.unwell(try await site.prepare(place))
    #expect(unwell.map(\.host) == ["a", "b"])
    #expect(unwell.map(\.wrong) == ["does not\\tanswer \\u001b[2J", "is slow"])
  }

  @Test("a program of states that fails, or is not there, says nothing")
  func noStates() async throws {
    for states in [nil, "exit 3", "head -c 100000 /dev/zero", "exec >&2; printf 'a\\tgone\\n'"] {
      let site = try site("a:1", states: states, skipsLostHosts: true)
      #expect(await site.unwell(try await site.prepare(place)).isEmpty)
    }
  }

  @Test("what is left of a job is swept on every host, also on those left out: one word for its shell")
  func cleanUp() async throws {
    try await site("a:1,b:1", states: "printf 'b\\tgone\\n'", skipsLostHosts: true).cleanUp(place)
    let sweep = "'/bin/my launch' sweep 0af9 /dev/shm/ddp-train.0af9 /tmp/ddp-train.0af9"
    #expect(try folder.text("agent.log").split(separator: "\n").sorted() == ["2 a \(sweep)", "2 b \(sweep)"])
  }

  @Test("an agent that hangs on some hosts, or says too much, keeps none from being swept, and is not waited for")
  func hangingAgent() async throws {
    let began = ContinuousClock.now
    var limits = CallLimits()
    limits.sweep = 3
    let agent = "[ \"$1\" = last ] || exec sleep 1000; head -c 1000000 /dev/zero; echo swept >\"$0.last\""
    try await site("a:1,b:1,c:1,last:1", agent: agent, limits: limits).cleanUp(place)
    #expect(ContinuousClock.now - began < .seconds(300))
    #expect(try folder.text("agent.last") == "swept\n")
    #expect(try folder.text("agent.log").split(separator: "\n").count == 4)
  }

  @Test("a program of states that hangs says nothing, and is not waited for") func hangingStates() async throws {
    let began = ContinuousClock.now
    var limits = CallLimits()
    limits.state = 1
    let site = try site("a:1", states: "printf 'a\\tgone\\n'; exec sleep 1000", skipsLostHosts: true, limits: limits)
    let job = try await site.prepare(place)
    #expect(job.leftOut == [])
    #expect(await site.unwell(job).isEmpty)
    let watch = Task { [place] in await site.watch(job, place: place) { _, _ in Issue.record("a host is lost") } }
    try await Task.sleep(for: .seconds(3))
    watch.cancel()
    await watch.value
    #expect(ContinuousClock.now - began < .seconds(300))
  }
}

import Values

/// Hosts that a program of somebody else's reaches and watches, such as those in namespaces of this machine.
public struct AgentHosts: JobSite {
  /// What is known of the hosts, and how they are reached.
  public struct Settings: Sendable {
    public var launcher: MPILauncher
    public var hosts: [HostShare]
    /// Started in ssh's place: AGENT HOST COMMAND….
    public var agent: String
    /// Says which hosts are not well: a line for each, its name, a tab, what is wrong.
    public var states: [String]
    public var binder: [String]
    /// Cores of a host, where they are known; ranks beyond them share.
    public var cores: [String: Int]
    public var skipsLostHosts = false

    public init(
      launcher: MPILauncher, hosts: [HostShare], agent: String, states: [String], binder: [String], cores: [String: Int]
    ) {
      (self.launcher, self.hosts, self.agent) = (launcher, hosts, agent)
      (self.states, self.binder, self.cores) = (states, binder, cores)
    }
  }

  private let settings: Settings
  private let limits: CallLimits

  public init(_ settings: Settings) { self.init(settings, limits: CallLimits()) }

  init(_ settings: Settings, limits: CallLimits) { (self.settings, self.limits) = (settings, limits) }

  public func prepare(_ place: JobPlace) async throws -> PreparedJob {
    var hosts = settings.hosts
    var lost: [String] = []
    if settings.skipsLostHosts {
      lost = await states().map(\.host).filter { name in hosts.contains { $0.name == name } }
      hosts.removeAll { lost.contains($0.name) }
      guard !hosts.isEmpty else {
        throw JobSiteError("no host is left: \(lost.joined(separator: " "))", code: exitUnavailable)
      }
    }
    var line = JobLine(launcher: settings.launcher)
    line.sharesCores = hosts.contains { ($0.ranks ?? 1) > settings.cores[$0.name] ?? .max }
    line.hosts = hosts.map { host in
      var host = host
      host.ranks = host.ranks ?? max(1, settings.cores[host.name] ?? 1)
      return host
    }
    line.mapping = "slot"
    (line.place, line.failsFast, line.agent, line.binder) = (place, true, [settings.agent], settings.binder)
    var job = PreparedJob(line: line)
    (job.leftOut, job.allHosts) = (lost, settings.hosts.count)
    return job
  }

  /// mpirun's own answer to a lost host comes after 5 to 7 s; this one, after 8, is for what it does not notice.
  public func watch(
    _ job: PreparedJob, place: JobPlace, lost: @escaping @Sendable (_ host: String, _ wrong: String) -> Void
  ) async {
    var looks = 0
    while !Task.isCancelled {
      try? await Task.sleep(for: .seconds(2))
      let found = await unwell(job)
      looks = found.isEmpty ? 0 : looks + 1
      guard looks >= 5, let first = found.first, !Task.isCancelled else { continue }
      lost(first.host, first.wrong)
      return
    }
  }

  public func unwell(_ job: PreparedJob) async -> [(host: String, wrong: String)] {
    let names = Set(job.line.hosts.map(\.name))
    return await states().filter { names.contains($0.host) }
  }

  /// On all hosts at once: one that hangs holds up no other.
  public func cleanUp(_ place: JobPlace) async {
    await withTaskGroup { group in
      for host in settings.hosts {
        let sweep = LimitedCall(words: [settings.agent, host.name, shellCommand(place)], seconds: limits.sweep)
        group.addTask { _ = await sweep.answer() }
      }
    }
  }

  private func shellCommand(_ place: JobPlace) -> String {
    ((settings.binder.first.map { [$0] } ?? []) + ["sweep", place.name] + place.folders).map(shellWord).joined(
      separator: " ")
  }

  /// A program that does not answer says nothing of its hosts.
  private func states() async -> [(host: String, wrong: String)] {
    guard !settings.states.isEmpty else { return [] }
    let answer = await LimitedCall(words: settings.states, seconds: limits.state).answer()
    return (answer?.output ?? "").split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "\t", maxSplits: 1)
      return parts.count == 2 && HostShare.isName(String(parts[0]))
        ? (String(parts[0]), escaped(String(parts[1]))) : nil
    }
  }
}

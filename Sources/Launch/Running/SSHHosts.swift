import Files
import Glibc
import Subprocess
import Synchronization
import SystemPackage
import Values

/// Hosts that ssh reaches without a question, with the same program at the same path.
///
/// Nothing that a host answers is evaluated. What is run over there is one line for its shell, of words that are quoted.
public struct SSHHosts: JobSite {
  /// What a job over several hosts needs.
  public struct Settings: Sendable {
    public var launcher: MPILauncher
    public var hosts: [HostShare]
    public var program: String
    /// The path of ddp-launch, here and there.
    public var ddpLaunch: String
    /// ssh's settings, instead of the user's own file.
    public var sshConfig: String?
    public var network: String?
    /// Whether hosts that do not answer are left out, as long as one does.
    public var skipsLostHosts = false

    public init(launcher: MPILauncher, hosts: [HostShare], program: String, ddpLaunch: String) {
      (self.launcher, self.hosts, self.program, self.ddpLaunch) = (launcher, hosts, program, ddpLaunch)
    }
  }

  private let settings: Settings
  private let limits: CallLimits
  private let ssh: SSHCommand

  public init(_ settings: Settings) { self.init(settings, limits: CallLimits()) }

  init(_ settings: Settings, limits: CallLimits) {
    (self.settings, self.limits, ssh) = (settings, limits, SSHCommand(config: settings.sshConfig))
  }

  /// Asks all hosts at once.
  ///
  /// - Throws: all that is wrong.
  public func prepare(_ place: JobPlace) async throws -> PreparedJob {
    let mine = await HostInventory(
      program: settings.program, mpirun: settings.launcher.path, launcher: settings.ddpLaunch, within: limits.version)
    var answers: [String: Answer] = [:]
    await withTaskGroup(of: (String, Answer).self) { group in
      for host in settings.hosts { group.addTask { (host.name, await ask(host.name)) } }
      for await (name, answer) in group { answers[name] = answer }
    }
    var wrong: [String] = []
    var lost: [String] = []
    var hosts: [HostShare] = []
    var notes: [String] = []
    var nameOf: [String: String] = [:]
    var sharesCores = false
    for host in settings.hosts {
      switch answers[host.name] {
      case .inventory(let theirs)?:
        if let other = nameOf.updateValue(host.name, forKey: theirs.name) {
          wrong.append("hosts \(other) and \(host.name) are the same, or both call themselves \(theirs.name)")
        }
        wrong += differences(theirs, mine).map { "host \(host.name): \($0)" }
        var host = host
        let ranks = host.ranks ?? theirs.cores
        host.ranks = ranks
        hosts.append(host)
        guard ranks > theirs.cores else { continue }
        sharesCores = true
        notes.append(
          "host \(host.name): ranks \(ranks), physical cores \(theirs.cores): oversubscribed, not bound, and slow")
      case .silence(let code, let reason)?:
        notes.append("host \(host.name) does not answer over ssh (exit code \(code)): \(reason)")
        lost.append(host.name)
      case .lacksLauncher?:
        wrong.append(
          "host \(host.name): there is no \(settings.ddpLaunch): the program must be at the same path everywhere")
      case .nonsense?, nil:
        wrong.append("host \(host.name): \(settings.ddpLaunch) answers what cannot be understood")
      }
    }
    if !settings.skipsLostHosts, !lost.isEmpty { wrong = notes + wrong }
    guard wrong.isEmpty else { throw JobSiteError(wrong, code: exitUnavailable) }
    guard !hosts.isEmpty else {
      throw JobSiteError(notes + ["no host is left: \(lost.joined(separator: " "))"], code: exitUnavailable)
    }
    var line = JobLine(launcher: settings.launcher)
    (line.hosts, line.sharesCores, line.place, line.failsFast) = (hosts, sharesCores, place, true)
    line.mapping = "slot"
    (line.agent, line.network, line.binder) = (ssh.start, settings.network, [settings.ddpLaunch, "bind"])
    var job = PreparedJob(line: line)
    (job.leftOut, job.allHosts, job.notes) = (lost, settings.hosts.count, notes)
    return job
  }

  private enum Answer: Sendable {
    case inventory(HostInventory)
    case silence(code: Int32, reason: String)
    case lacksLauncher
    case nonsense
  }

  private func ask(_ host: String) async -> Answer {
    let words = [
      settings.ddpLaunch, "inventory", "--program", settings.program, "--mpirun", settings.launcher.path,
    ]
    guard let answer = await LimitedCall(words: ssh.words(words, on: host), seconds: limits.inventory).answer() else {
      let reason =
        ssh.isThisHost(host)
        ? "\(settings.ddpLaunch) cannot be started, or does not end" : "ssh cannot be started, or does not end"
      return .silence(code: 255, reason: "\(reason) within \(Int(limits.inventory)) s")
    }
    if let inventory = HostInventory(answer: answer.output) { return .inventory(inventory) }
    switch answer.code {
    case 127, 126: return .lacksLauncher
    case 0: return .nonsense
    case let code:
      let words = answer.errors.split { $0.isNewline || $0 == "\r" }
      return .silence(code: code, reason: escaped(words.joined(separator: "; ")))
    }
  }

  private func differences(_ theirs: HostInventory, _ mine: HostInventory) -> [String] {
    var found: [String] = []
    func short(_ hash: String?) -> String { hash.map { String($0.prefix(16)) } ?? "there is none" }
    if theirs.program != mine.program {
      found.append("\(settings.program) differs (XXH3 \(short(theirs.program)), here \(short(mine.program)))")
    }
    if theirs.version != mine.version {
      found.append("\(settings.program) --version says: \(escaped(theirs.version)) (here: \(mine.version))")
    }
    if theirs.mpirun != mine.mpirun {
      found.append("\(settings.launcher.path) --version says: \(escaped(theirs.mpirun)) (here: \(mine.mpirun))")
    }
    if theirs.launcher != mine.launcher {
      found.append("\(settings.ddpLaunch) differs, or there is none: the program must be the same everywhere")
    }
    return found
  }

  // MARK: - While the job runs

  /// One session to each host, with a guard on the other side that ends what is left there when the session does. A session
  /// whose ssh is gone cannot be written to.
  public func watch(
    _ job: PreparedJob, place: JobPlace, lost: @escaping @Sendable (_ host: String, _ wrong: String) -> Void
  ) async {
    await withTaskGroup { group in
      for host in job.line.hosts { group.addTask { await watch(host.name, place, lost) } }
    }
  }

  private func watch(
    _ host: String, _ place: JobPlace, _ lost: @escaping @Sendable (_ host: String, _ wrong: String) -> Void
  ) async {
    let words = [settings.ddpLaunch, "guard", place.name] + place.folders
    guard let pipe = try? FileDescriptor.pipe() else { return }
    let writing = Descriptor(pipe.writeEnd.rawValue)
    _ = fcntl(writing.number, F_SETFD, FD_CLOEXEC)
    _ = fcntl(writing.number, F_SETFL, O_NONBLOCK)
    // It ends when the pipe does.
    Task {
      _ = try? await Subprocess.run(
        configuration(ssh.words(words, on: host)),
        input: .fileDescriptor(pipe.readEnd, closeAfterSpawningProcess: true),
        output: .discarded, error: .discarded)
    }
    while !Task.isCancelled {
      var byte = UInt8(ascii: "\n")
      // This process ignores SIGPIPE.
      if write(writing.number, &byte, 1) != 1, errno == EPIPE {
        lost(host, "has lost its ssh session")
        return
      }
      try? await Task.sleep(for: .seconds(1))
    }
  }

  private func configuration(_ words: [String]) -> Configuration {
    Configuration(
      executable: words[0].contains("/") ? .path(FilePath(words[0])) : .name(words[0]),
      arguments: Arguments(Array(words.dropFirst())))
  }

  /// Asks all hosts again.
  public func unwell(_ job: PreparedJob) async -> [(host: String, wrong: String)] {
    let states = await withTaskGroup(of: (String, Bool).self) { group in
      for host in job.line.hosts { group.addTask { (host.name, await answers(host.name)) } }
      return await group.reduce(into: [String: Bool]()) { $0[$1.0] = $1.1 }
    }
    return job.line.hosts.filter { states[$0.name] == false }.map { ($0.name, "does not answer over ssh") }
  }

  private func answers(_ host: String) async -> Bool {
    await LimitedCall(words: ssh.words(["/bin/true"], on: host), seconds: limits.state).answer()?.code == 0
  }
}

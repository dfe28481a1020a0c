import Files
import Glibc
import Values

/// Brings the programs of a job, and the names and configurations that come with them, to hosts that lack them.
///
/// They go to a folder of the user's, ~/.cache/ddp-train/HASH, in which they lie as launch/install puts them. HASH is the SHA-256 of
/// their SHA-256s: a host that has the folder, whole, has these programs. All hosts must call it by the same path.
///
/// What runs over there is one line for the host's shell, of quoted words; nothing that a host answers is evaluated.
public struct Carrier: Sendable {
  /// What is carried, and where to.
  public struct Settings: Sendable {
    public var hosts: [HostShare]
    public var program: String
    public var ddpLaunch: String
    /// ssh's settings, instead of the user's own file.
    public var sshConfig: String?

    public init(hosts: [HostShare], program: String, ddpLaunch: String, sshConfig: String?) {
      (self.hosts, self.program, self.ddpLaunch, self.sshConfig) = (hosts, program, ddpLaunch, sshConfig)
    }
  }

  /// The programs where all hosts have them.
  public struct Place: Equatable, Sendable {
    public let folder: String
    /// Lines for the user: which hosts were brought what they lacked.
    public let notes: [String]

    public var program: String { "\(folder)/bin/ddp-train" }
    public var ddpLaunch: String { "\(folder)/bin/ddp-launch" }
  }

  private let settings: Settings
  private let ssh: SSHCommand
  private let limits = CallLimits()

  public init(_ settings: Settings) { (self.settings, ssh) = (settings, SSHCommand(config: settings.sshConfig)) }

  /// Fills the folder here, and on all hosts at once that do not have it.
  ///
  /// - Throws: `JobSiteError`, with all that is wrong.
  public func carry() async throws -> Place {
    let (hash, folder) = try await stage()
    let answers = await onEveryHost { await bring(hash, from: folder, to: $0) }
    let wrong = answers.compactMap { host, answer -> String? in
      if case .wrong(let reason) = answer { "host \(host): \(reason)" } else { nil }
    }
    guard wrong.isEmpty else { throw JobSiteError(wrong, code: exitUnavailable) }
    return Place(
      folder: folder,
      notes: answers.compactMap { host, answer in
        if case .brought = answer { "host \(host): was brought ddp-train, to \(folder)" } else { nil }
      })
  }

  /// Removes all folders that were ever carried to the hosts, and those here.
  ///
  /// - Returns: a line for each host.
  /// - Throws: `JobSiteError` where a host does not do it.
  public func remove() async throws -> [String] {
    var lines: [String] = []
    var wrong: [String] = []
    // Here too, whether this host is among them or not.
    for (host, answer) in await onEveryHost({ await call(CarryScript.remove, on: $0) }) {
      guard let answer, answer.code == 0, let count = Int(answer.output.trimmed) else {
        wrong.append("host \(host): cannot remove what was carried there: \(reason(answer))")
        continue
      }
      lines.append("host \(host): \(count == 0 ? "nothing was carried there" : "removed (folders: \(count))")")
    }
    _ = await LimitedCall(words: ["sh", "-c", CarryScript.remove, "carry"], seconds: limits.carry).answer()
    guard wrong.isEmpty else { throw JobSiteError(wrong, code: exitUnavailable) }
    return lines
  }

  /// Fills the folder on this host.
  private func stage() async throws -> (hash: String, folder: String) {
    let words = ["sh", "-c", CarryScript.stage, "carry", settings.program, settings.ddpLaunch, projectFolder ?? ""]
    let answer = await LimitedCall(words: words, seconds: limits.carry).answer()
    guard let answer, answer.code == 0,
      let line = answer.output.split(separator: "\n").last.map(String.init), let slash = line.lastIndex(of: "/"),
      CarryScript.isHash(line[line.index(after: slash)...])
    else {
      throw JobSiteError("what is to be carried cannot be put together here: \(reason(answer))", code: exitUnavailable)
    }
    return (String(line[line.index(after: slash)...]), line)
  }

  /// The folder with data and configs: of an installation or a bundle, or above the program.
  private var projectFolder: String? {
    let bin = folder(of: settings.program)
    let installed = "\(folder(of: bin))/share/ddp-train"
    if access("\(installed)/data/names.txt", R_OK) == 0 { return installed }
    var candidate = bin
    while candidate != "/", candidate.hasPrefix("/") {
      if access("\(candidate)/data/names.txt", R_OK) == 0 { return candidate }
      candidate = folder(of: candidate)
    }
    return nil
  }

  private enum Answer: Sendable {
    case had, brought
    case wrong(String)
  }

  private func bring(_ hash: String, from folder: String, to host: String) async -> Answer {
    if ssh.isThisHost(host) { return .had }
    guard let before = await call(CarryScript.look, [hash], on: host), before.code == 0 else {
      return .wrong("cannot be asked what it has: \(reason(await call(CarryScript.look, [hash], on: host)))")
    }
    let (state, theirs) = Self.parsed(before.output)
    guard let theirs, theirs == folder else {
      return .wrong(
        "its folder would be \(escaped(theirs ?? "nobody knows where")), and here it is \(folder): "
          + "programs must be at the same path everywhere")
    }
    if state == "carried" { return .had }
    // Tar writes here what tar reads there.
    let there = ssh.words(["sh", "-c", CarryScript.take, "carry", hash], on: host)
    let words = ["sh", "-c", CarryScript.send, "carry", folder] + there
    let sent = await LimitedCall(words: words, seconds: limits.carry).answer()
    guard let after = await call(CarryScript.look, [hash], on: host), Self.parsed(after.output).state == "carried"
    else {
      return .wrong("did not take what was carried there: \(reason(sent))")
    }
    return .brought
  }

  /// A word and a path, on the last line: what a login prints comes before.
  private static func parsed(_ output: String) -> (state: String, folder: String?) {
    let parts = (output.split(separator: "\n").last ?? "").split(separator: " ", maxSplits: 1)
    return (parts.first.map(String.init) ?? "", parts.count == 2 ? String(parts[1]) : nil)
  }

  private func call(_ script: String, _ words: [String] = [], on host: String) async -> LimitedCall.Answer? {
    await LimitedCall(words: ssh.words(["sh", "-c", script, "carry"] + words, on: host), seconds: limits.carry).answer()
  }

  private func onEveryHost<T: Sendable>(_ work: @escaping @Sendable (String) async -> T) async -> [(String, T)] {
    let answers = await withTaskGroup(of: (String, T).self) { group in
      for host in settings.hosts { group.addTask { (host.name, await work(host.name)) } }
      return await group.reduce(into: [String: T]()) { $0[$1.0] = $1.1 }
    }
    return settings.hosts.compactMap { host in answers[host.name].map { (host.name, $0) } }
  }

  private func reason(_ answer: LimitedCall.Answer?) -> String {
    guard let answer else { return "no answer within \(Int(limits.carry)) s" }
    let words = answer.errors.split { $0.isNewline || $0 == "\r" }.joined(separator: "; ")
    return "exit code \(answer.code)\(words.isEmpty ? "" : ": \(escaped(words))")"
  }
}

extension String {
  fileprivate var trimmed: Substring { split(whereSeparator: \.isNewline).last ?? "" }
}

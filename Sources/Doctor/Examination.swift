import MPI

/// What is wrong with a job before it runs, and how to start it.
public struct Examination: Sendable, Encodable {
  public let findings: [Finding]
  /// mpirun's, for a shell; ends with the program, to which arguments can be added.
  public let commandLine: String
  public let hosts: Int
  public let ranks: Int
  public let isUnderMPIRun: Bool

  /// Looks at all ranks of `world`. Collective; the same on all ranks.
  ///
  /// - Parameters:
  ///   - program: as the user called it.
  ///   - binder: the path of launch/on-own-core; nil where it is not to be found.
  public init(
    of world: Communicator, program: String = CommandLine.arguments.first ?? "ddp-train", binder: String? = nil
  ) throws {
    self.init(try JobFacts(of: world, program: program, binder: binder))
  }

  init(_ facts: JobFacts) {
    findings = facts.findings
    commandLine = facts.commandLine
    hosts = facts.hosts.count
    ranks = facts.ranks.count
    isUnderMPIRun = facts.isUnderMPIRun
  }

  public var problems: [Finding] { findings.filter { $0.severity == .problem } }

  /// Problems and advice: what there is to do something about.
  public var warnings: [Finding] { findings.filter { $0.severity > .fine } }
}

extension JobFacts {
  /// All checks, each on all hosts; what is the same on several hosts is said once.
  var findings: [Finding] {
    let perHost: [(Int) -> Finding?] = [
      coresFinding, countFinding, bindingFinding, quotaFinding, loadFinding, frequencyFinding, buildFinding,
      singleCopyFinding, sharedMemoryFinding, temporaryFinding,
    ]
    return perHost.flatMap(together) + [rootFinding(), launcherFinding(), namesFinding()].compactMap { $0 }
      + together(addressFinding)
  }

  private func together(_ check: (Int) -> Finding?) -> [Finding] {
    var found: [(finding: Finding, hosts: [String])] = []
    for host in hosts.indices {
      guard let finding = check(host) else { continue }
      if let same = found.firstIndex(where: { $0.finding == finding }) {
        found[same].hosts.append(hosts[host].name)
      } else {
        found.append((finding, [hosts[host].name]))
      }
    }
    return found.map { finding, names in
      var finding = finding
      finding.hosts = names.count == hosts.count ? nil : names
      return finding
    }
  }
}

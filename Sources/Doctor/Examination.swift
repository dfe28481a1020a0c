import DataParallel
import MPI
import Schemas

extension Examination {
  /// Looks at all ranks of `world`. Collective; the same on all ranks.
  ///
  /// - Parameters:
  ///   - program: as the user called it.
  ///   - binder: the words that bind a rank, before the program: `ddp-launch bind`; nil where there is no ddp-launch.
  ///   - paying: how many of so many ranks pay for a run as one usually is; nil where nobody knows.
  public init(
    of world: Communicator, program: String = CommandLine.arguments.first ?? "ddp-train", binder: [String]? = nil,
    paying: (_ ranks: Int) throws -> PayingRanks? = { _ in nil }
  ) throws {
    let facts = try JobFacts(of: world, program: program, binder: binder)
    self.init(facts, paying: try paying(facts.startedRanks))
  }

  /// The same, and what of it strangers may read. Collective; the same on all ranks, but that the bundle is each host's.
  ///
  /// - Parameter version: of the program.
  public static func withBundle(
    of world: Communicator, program: String = CommandLine.arguments.first ?? "ddp-train", version: String,
    binder: [String]? = nil, paying: (_ ranks: Int) throws -> PayingRanks? = { _ in nil }
  ) throws -> (Examination, DoctorBundle) {
    let facts = try JobFacts(of: world, program: program, binder: binder)
    let ranks = try paying(facts.startedRanks)
    return (Examination(facts, paying: ranks), DoctorBundle(facts, version: version, paying: ranks))
  }

  init(_ facts: JobFacts, paying: PayingRanks? = nil) {
    self.init {
      ($0.findings, $0.commandLine) = (facts.findings + (paying.map { [$0.finding] } ?? []), facts.commandLine)
      ($0.hosts, $0.ranks, $0.isUnderMpiRun) = (facts.hosts.count, facts.ranks.count, facts.isUnderMPIRun)
      ($0.topologies, $0.memory) = (facts.hosts.indices.map(facts.topology), facts.memory)
    }
  }
}

extension JobFacts {
  /// All checks, each on all hosts; what is the same on several hosts is said once.
  var findings: [Finding] {
    let perHost: [(Int) -> Finding?] = [
      topologyFinding, coresFinding, threadsFinding, domainsFinding, kindsFinding, countFinding, bindingFinding,
      quotaFinding, loadFinding, frequencyFinding, buildFinding,
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

import Launch
import Schemas
import Topology

/// NUMA domains: which part of a machine's memory a core is near to. Lists with an element per domain have one for each
/// of `HostFacts.domains`.
extension JobFacts {
  /// Which of these cores lie in each domain.
  func domainCores(on host: Int, of cores: [[Int]]) -> [[[Int]]] {
    hosts[host].domains.map(Set.init).map { domain in cores.filter { !domain.isDisjoint(with: $0) } }
  }

  /// The domain of each rank of a host; nil where a rank may use several.
  func rankDomains(on host: Int) -> [Int]? {
    // Masks are of the machine that the ranks run on.
    guard isUnderMPIRun, hosts[host].pretended == nil else { return nil }
    let domains = hosts[host].domains.map(Set.init)
    let found = ranks(on: host).map { rank in
      domains.firstIndex { !ranks[rank].cpus.isEmpty && $0.isSuperset(of: ranks[rank].cpus) }
    }
    return found.contains(nil) ? nil : found.compactMap { $0 }
  }

  /// How many of the job's ranks are in each domain; nil where a rank may use several.
  func domainRanks(on host: Int) -> [Int]? {
    rankDomains(on: host).map { found in hosts[host].domains.indices.map { domain in found.count { $0 == domain } } }
  }

  /// How many ranks the line at the end puts in each domain.
  func proposedDomainRanks(on host: Int) -> [Int] {
    let cores = domainCores(on: host, of: proposedCores(on: host)).map(\.count)
    return filled(proposedRanks(on: host), spread(on: host).map { most in cores.map { min($0, most) } } ?? cores)
  }

  /// The most ranks that a domain gets in the line at the end where they are to be shared out evenly; nil where the line
  /// fills domain by domain.
  func spread(on host: Int) -> Int? {
    let cores = domainCores(on: host, of: proposedCores(on: host)).map(\.count)
    let ranks = proposedRanks(on: host)
    // mpirun counts memory without CPUs as a domain too; the script that binds inside a mask fills.
    guard hosts.count == 1, cores.count == hosts[host].memories, !cores.contains(0), fastMask == nil,
      hosts[host].allowed == hosts[host].seenByMPIRun, !areEven(filled(ranks, cores), cores)
    else { return nil }
    return evenMost(ranks, cores)
  }

  /// For JSON.
  func topology(_ host: Int) -> HostTopology {
    let usable = usableCores(on: host)
    func part(_ cpus: [Int]) -> (cpus: [Int], cores: Int) {
      let own = Set(cpus)
      return (usable.joined().filter(own.contains).sorted(), usable.count { !own.isDisjoint(with: $0) })
    }
    let ranks = isUnderMPIRun ? domainRanks(on: host) : proposedDomainRanks(on: host)
    return HostTopology {
      ($0.host, $0.isThisMachine) = (hosts[host].name, hosts[host].pretended == nil)
      ($0.cores, $0.hardwareThreads) = (usable.count, usable.joined().count)
      $0.domains = hosts[host].domains.enumerated().map { index, cpus in
        let (cpus, cores) = part(cpus)
        return DomainResult { ($0.cpus, $0.cores, $0.ranks) = (compactList(cpus), cores, ranks?[index]) }
      }
      $0.kinds = hosts[host].kinds.map { kind in
        let (cpus, cores) = part(kind.cpus)
        return KindResult { ($0.cpus, $0.cores, $0.efficiency) = (compactList(cpus), cores, kind.efficiency) }
      }
    }
  }
}

/// Whether the fullest domain has no more ranks than it must, if no domain without ranks gets one.
func areEven(_ ranks: [Int], _ cores: [Int]) -> Bool {
  let used = zip(ranks, cores).filter { $0.0 > 0 }
  return used.map(\.0).max() ?? 0 <= evenMost(ranks.reduce(0, +), used.map(\.1))
}

/// Ranks of each domain where they fill one after the other.
private func filled(_ ranks: Int, _ cores: [Int]) -> [Int] {
  var left = ranks
  return cores.map { count in
    defer { left -= min(left, count) }
    return min(left, count)
  }
}

/// The least that the fullest domain can have.
private func evenMost(_ ranks: Int, _ cores: [Int]) -> Int {
  (0...ranks).first { most in cores.reduce(0) { $0 + min($1, most) } >= ranks } ?? ranks
}

import Schemas
import Topology
import Values

/// Parts of a machine that differ: NUMA domains, kinds of cores, hardware threads.
extension JobFacts {
  /// Whether what is said of cores is true of this machine.
  func topologyFinding(_ host: Int) -> Finding? {
    guard let pretended = hosts[host].pretended else { return nil }
    return .advice(
      "topology",
      "not this machine's: \(pretended); cores, domains and the line below are of the machine it describes, all else "
        + "is of this one",
      do: "to see this machine: unset \(pretended.prefix { $0 != "=" })")
  }

  /// Hardware threads, which are no cores. Of ranks that share a core other checks complain.
  func threadsFinding(_ host: Int) -> Finding? {
    let cores = proposedCores(on: host)
    let most = cores.map(\.count).max() ?? 1
    guard most > 1, !isUnderMPIRun else { return nil }
    return .fine(
      "threads",
      "\(most) hardware threads per core share its floating-point units: one rank per core, \(plural(cores.count, "rank"))"
    )
  }

  /// Whether each domain has as many ranks as the others, and neighbouring ranks lie in one.
  func domainsFinding(_ host: Int) -> Finding? {
    let check = "domains"
    let usable = usableCores(on: host)
    let cores = domainCores(on: host, of: usable).map(\.count)
    let sizes = cores.filter { $0 > 0 }
    guard let size = sizes.first else { return nil }
    let each = Set(sizes).count == 1 ? plural(size, "core") : "\(listed(sizes)) cores"
    let what = "\(plural(sizes.count, "NUMA domain")) of \(each)"
    guard sizes.count > 1 else { return .fine(check, what) }
    let proposed = proposedDomainRanks(on: host)
    func counts(_ ranks: [Int]) -> String { rankCounts(zip(ranks, cores).filter { $0.1 > 0 }.map(\.0)) }
    guard isUnderMPIRun else { return .fine(check, "\(what); the line below puts \(counts(proposed))") }
    // Of ranks that are not bound, and of more than there are cores, other checks complain.
    guard let domains = rankDomains(on: host), let ranks = domainRanks(on: host), domains.count <= usable.count else {
      return .fine(check, what)
    }
    let found = "\(what), with \(counts(ranks))"
    guard areEven(ranks, cores) else {
      return .advice(
        check, "\(found): those of the fullest have the least of its cache and memory each, and all wait for the last",
        do: areEven(proposed, cores)
          ? "use the line below, which puts \(counts(proposed))"
          : "start as many ranks in each domain, or one on each of the \(plural(usable.count, "core"))")
    }
    let changes = zip(domains, domains.dropFirst()).count { $0 != $1 }
    guard changes < Set(domains).count else {
      let first = domains.prefix(4).map { "\($0)" }.joined(separator: ", ")
      return .advice(
        check, "\(found), but neighbouring ranks lie in different ones: the first ranks are in domains \(first)",
        do: "use the line below, which fills one domain after the other")
    }
    return .fine(check, found)
  }

  /// Whether ranks on slow cores make those on fast ones wait.
  func kindsFinding(_ host: Int) -> Finding? {
    let check = "kinds"
    let usable = usableCores(on: host)
    let kinds = hosts[host].kinds.map { kind in usable.filter { !Set(kind.cpus).isDisjoint(with: $0) } }
      .filter { !$0.isEmpty }
    guard kinds.count > 1, let best = kinds.last else { return nil }
    guard let fast = hosts[host].fastCPUs else {
      return .fine(check, "\(kinds.count) kinds of cores, and the system does not say which is faster")
    }
    let slow = Array(kinds.dropLast().joined())
    let cpus = cpuList(best.joined().sorted())
    let what =
      "\(plural(best.count, "fast core")), \(cpus), and \(plural(slow.count, "slow one")), "
      + cpuList(slow.joined().sorted())
    let advice =
      "start \(plural(min(room(on: host), best.count), "rank")) on \(cpus), "
      + (fastMask == nil ? "bound by taskset" : "with the line below")
    guard isUnderMPIRun, hosts[host].pretended == nil else {
      return .advice(check, "\(what): with ranks on these, all wait for them in each step", do: advice)
    }
    let late = ranks(on: host).filter { !fast.isSuperset(of: ranks[$0].cpus) }
    guard !late.isEmpty else { return .fine(check, "\(what); each rank is on a fast one") }
    return .advice(check, "\(what), where \(rankList(late)) may run: all wait for them in each step", do: advice)
  }
}

/// "96 ranks in each", "96 and 4 ranks in them", "8 ranks in 1 of them". A domain without ranks is not named.
private func rankCounts(_ counts: [Int]) -> String {
  let used = counts.filter { $0 > 0 }
  let place = used.count == counts.count ? "them" : "\(used.count) of them"
  guard used.count > 1, Set(used).count == 1, let each = used.first else { return "\(listed(used)) ranks in \(place)" }
  return "\(plural(each, "rank")) in each" + (used.count == counts.count ? "" : " of \(used.count)")
}

/// "1", "1 and 2", "1, 2 and 3"
private func listed(_ numbers: [Int]) -> String {
  let words = numbers.map(grouped)
  guard words.count > 1, let last = words.last else { return words.first ?? "" }
  return words.dropLast().joined(separator: ", ") + " and " + last
}

import MPI
import Topology

/// Which ranks of a host have memory near to them in common.
///
/// Memory of another NUMA domain is far: what many ranks read of it each step is better brought over once.
struct Domains: Equatable, Sendable {
  /// The domain of each rank of the host, from 0. Domains that are near to each other have neighbouring numbers.
  let ofRank: [Int]

  /// So many at most where nobody asks for a number: each reads the sums of all others.
  static let most = 4

  var count: Int { (ofRank.max() ?? 0) + 1 }

  /// The ranks of a domain, ascending.
  func ranks(in domain: Int) -> [Int] { ofRank.indices.filter { ofRank[$0] == domain } }

  /// Ranks of a domain, of the smallest one.
  var fewestRanks: Int { (0..<count).map { ranks(in: $0).count }.min() ?? 0 }

  init(ofRank: [Int]) { self.ofRank = ofRank }

  /// - Parameters:
  ///   - cpus: those that each rank may use.
  ///   - near: the CPUs of each NUMA domain, neighbours together.
  ///   - wanted: so many, of as many ranks each, or one more: at most as many as ranks. Nil for those of the machine: one
  ///     where a rank may move from one to another, or where one would have less than half the ranks of another, and then
  ///     more of the update to do than they.
  init(cpus: [[Int]], near: [[Int]], wanted: Int?) {
    if let wanted {
      let place = Dictionary(near.joined().enumerated().map { ($1, $0) }) { first, _ in first }
      let order = cpus.indices.sorted { left, right in
        let (own, other) = (cpus[left].first.flatMap { place[$0] }, cpus[right].first.flatMap { place[$0] })
        return (own ?? .max, left) < (other ?? .max, right)
      }
      var ofRank = cpus.map { _ in 0 }
      for (index, rank) in order.enumerated() { ofRank[rank] = index * wanted / cpus.count }
      self.init(ofRank: ofRank)
      return
    }
    let found = cpus.map { own in near.firstIndex { domain in !own.isEmpty && own.allSatisfy(domain.contains) } }
    let inUse = Set(found.compactMap { $0 }).sorted()
    let number = Dictionary(uniqueKeysWithValues: inUse.enumerated().map { ($1, $0) })
    let domains = Domains(
      ofRank: found.map { $0.flatMap { number[$0] } ?? 0 }.map {
        $0 * min(inUse.count, Self.most) / max(inUse.count, 1)
      })
    let sizes = (0..<domains.count).map { domains.ranks(in: $0).count }
    let isEven = 2 * (sizes.min() ?? 0) >= sizes.max() ?? 0
    self = found.contains(nil) || !isEven ? Domains(ofRank: cpus.map { _ in 0 }) : domains
  }

  /// Whether the ranks of `group` would have several on a host. Collective.
  static func areSeveral(_ settings: Settings, over group: Communicator) throws -> Bool {
    if let wanted = settings.domains { return wanted > 1 }
    guard try group.allReduce(Topology.mayHaveSeveralNUMADomains ? 1 : 0, .max) == 1 else { return false }
    let host = try HostGroup(group)
    return try group.allReduce(found(on: host.communicator, wanted: nil).count, .max) > 1
  }

  /// Those of a host's ranks. Collective.
  ///
  /// - Parameter wanted: as `init` takes it.
  static func found(on host: Communicator, wanted: Int?) throws -> Domains {
    let one = Domains(ofRank: Array(repeating: 0, count: host.size))
    // hwloc takes milliseconds: one rank asks it, and not where the system says that there is nothing to ask.
    let asks = wanted.map { $0 > 1 } ?? Topology.mayHaveSeveralNUMADomains
    guard try host.broadcast(asks ? 1 : 0, root: 0) == 1 else { return one }
    let cpus = try allowedCPUs(on: host)
    var ofRank = one.ofRank
    if host.rank == 0 {
      ofRank = Domains(cpus: cpus, near: (try? Topology())?.memoryDomains ?? [], wanted: wanted).ofRank
    }
    // The first one's, whatever the others have.
    return Domains(ofRank: Array(try host.allGather(ofRank)[..<host.size]))
  }
}

import GPT
import MPI
import Values

/// The groups in which ranks take steps of their own.
public final class RankGroups {
  /// G
  public let count: Int
  /// This rank's, in the order of their first ranks.
  public let index: Int
  /// Ranks of each group.
  public let sizes: [Int]
  /// The part of each batch that each group has: in proportion to its ranks; of a reproducible run an equal one, since the
  /// number of ranks must not show in it.
  let shares: [SlotShare]
  /// The ranks of this group.
  let own: Communicator
  private let owner: OwnedCommunicator?

  /// The fewest ranks that a group has.
  var fewestRanks: Int { sizes.min() ?? 1 }

  /// Collective.
  ///
  /// - Parameter host: this host's ranks; nil for one rank alone.
  /// - Throws: `JobFailure` on all ranks where there are no such groups here.
  convenience init(_ local: LocalSteps, host: HostGroup?, reproducible: Bool, world: Communicator) throws {
    if local.isPlayed, case .count(let count) = local.groups {
      self.init(playing: Array(repeating: 1, count: count), reproducible: reproducible, world: world)
      return
    }
    let hosts = try Self.hosts(host, world: world)
    let groups = try Self.groups(local.groups, hosts: hosts, isSpeaker: world.rank == 0)
    let sizes = (0...(groups.max() ?? 0)).map { group in groups.count { $0 == group } }
    let index = groups[world.rank]
    if let part = try world.split(color: index) {
      self.init(index: index, sizes: sizes, reproducible: reproducible, own: part.communicator, owner: part)
    } else {
      preconditionFailure("every rank has a group")
    }
  }

  /// How many groups there would be. Collective.
  ///
  /// - Throws: `JobFailure` on all ranks where there are no such groups here.
  public static func count(_ grouping: RankGrouping, over world: Communicator) throws -> Int {
    var local = LocalSteps(every: 1)
    local.groups = grouping
    return try RankGroups(local, host: HostGroup(world), reproducible: false, world: world).count
  }

  /// Groups that one rank plays.
  ///
  /// - Parameter sizes: the ranks that each is to stand for.
  convenience init(playing sizes: [Int], reproducible: Bool = false, world: Communicator) {
    self.init(index: 0, sizes: sizes, reproducible: reproducible, own: world, owner: nil)
  }

  private init(
    index: Int, sizes: [Int], reproducible: Bool, own: Communicator, owner: consuming OwnedCommunicator?
  ) {
    (self.index, self.sizes, self.own) = (index, sizes, own)
    count = sizes.count
    shares = Self.shares(sizes: sizes, reproducible: reproducible)
    self.owner = owner
  }

  /// The host of each rank, from 0 in the order of their first ranks. Collective.
  private static func hosts(_ host: HostGroup?, world: Communicator) throws -> [Int] {
    guard let host else { return Array(repeating: 0, count: world.size) }
    let first = try host.communicator.broadcast(world.rank)
    let firsts = try world.allGather(first)
    let order = Set(firsts).sorted()
    return firsts.map { first in order.firstIndex(of: first) ?? 0 }
  }

  /// The group of each rank.
  ///
  /// - Parameter hosts: of each rank.
  static func groups(_ grouping: RankGrouping, hosts: [Int], isSpeaker: Bool) throws(JobFailure) -> [Int] {
    switch grouping {
    case .host: return hosts
    case .rank: return Array(hosts.indices)
    case .count(let count):
      func refusal(_ reason: String) -> JobFailure {
        JobFailure(description: "groups \(count) \(reason)", isSpeaker: isSpeaker, code: 64)
      }
      guard count <= hosts.count else { throw refusal("needs a rank for each of them, and there are \(hosts.count)") }
      var groups = [Int](repeating: 0, count: hosts.count)
      for group in 0..<count {
        let ranks = shard(batch: hosts.count, rank: group, ranks: count)
        for rank in ranks { groups[rank] = group }
        guard Set(hosts[ranks]).count == 1 else {
          throw refusal(
            "would have ranks of several nodes in one, and the ranks of a group must share memory; use host, rank, or a "
              + "multiple of the \(Set(hosts).count) nodes")
        }
      }
      return groups
    }
  }

  static func shares(sizes: [Int], reproducible: Bool) -> [SlotShare] {
    let weights = reproducible ? sizes.map { _ in 1 } : sizes
    let all = weights.reduce(0, +)
    var before = 0
    return weights.map { weight in
      defer { before += weight }
      return SlotShare(from: before, to: before + weight, of: all)
    }
  }

  /// - Throws: `JobFailure` on all ranks where a group would have no names in a step.
  func requireNames(_ settings: Settings, isSpeaker: Bool) throws(JobFailure) {
    var own = settings
    for share in shares {
      own.share = share
      guard (0..<own.ramp.parts).allSatisfy({ !own.slots(ofPart: $0).isEmpty }) else {
        let smallest = own.ramp.size(ofPart: 0)
        throw JobFailure(
          description:
            "a batch of \(plural(smallest, "name")) leaves one of \(plural(count, "group")) without any: a larger "
            + "batch or fewer groups", isSpeaker: isSpeaker, code: 64)
      }
    }
  }
}

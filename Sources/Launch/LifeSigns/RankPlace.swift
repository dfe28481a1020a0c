/// Where a rank stands in its job.
public struct RankPlace: Equatable, Sendable {
  /// From 0, of the whole job.
  public let rank: Int
  /// Of the whole job.
  public let ranks: Int
  /// From 0, of this host. 0 speaks for all of them.
  public let localRank: Int
  public let localRanks: Int
  /// Number, in the whole job, of the rank that is 0 on this host.
  public let leader: Int
  public let host: String

  /// - Precondition: each number is below the one that limits it.
  public init(rank: Int, ranks: Int, localRank: Int, localRanks: Int, leader: Int, host: String) {
    precondition((0..<ranks).contains(rank) && (0..<ranks).contains(leader), "a rank outside of its job")
    precondition((0..<localRanks).contains(localRank) && localRanks <= ranks, "a rank outside of its host")
    (self.rank, self.ranks, self.leader) = (rank, ranks, leader)
    (self.localRank, self.localRanks, self.host) = (localRank, localRanks, host)
  }

  var isLeader: Bool { localRank == 0 }
  var signHost: SignHost { SignHost(name: SignHost.sendable(name: host), rank: rank, ranks: ranks) }
}

import Values

/// Ranks in groups: inside a group gradients are synchronised in every step, and between groups parameters are, after
/// every K steps that each group takes by itself.
///
/// The names of a step's batch are dealt to the groups in the order in which they are drawn, which is random, and not as
/// they are sorted. Each group divides by its own predicted positions.
///
/// Sources: Stich, "Local SGD converges fast and communicates little", 2018; Douillard et al., "DiLoCo", 2023,
/// arXiv 2311.08105.
public struct LocalSteps: Sendable, Equatable {
  /// K
  public var every: Int
  public var groups = RankGrouping.host
  public var update = OuterUpdate.average
  /// Whether a round's exchange runs while the steps of the next one are taken.
  public var overlaps = false
  /// Whether one rank computes the steps of all groups, one after the other: with the same result, for searches.
  public var isPlayed = false

  public init(every: Int) { self.every = every }
}

extension LocalSteps {
  /// - Throws: `SettingsError` for a number that makes no sense, or a setting that does not go with groups.
  func validate(settings: Settings) throws(SettingsError) {
    guard Ranges.roundSteps.range.contains(every) else { throw .syncEvery(every) }
    if case .count(let count) = groups, !Ranges.groups.range.contains(count) { throw .groups(count) }
    if case .nesterov(let rate, let momentum) = update {
      guard Ranges.outerRate.range.contains(rate) else { throw .outerRate(rate) }
      guard Ranges.outerMomentum.range.contains(momentum) else { throw .outerMomentum(momentum) }
    }
    guard settings.average == 0 else {
      throw .besideLocalSteps(
        "average \(settings.average) does not go with sync-every: between two exchanges there is not one model to be averaged"
      )
    }
    if let domains = settings.domains {
      throw .besideLocalSteps(
        "domains \(domains) does not go with sync-every: groups can be domains of a host's memory")
    }
    guard [.auto, .shared].contains(settings.strategy) else {
      throw .besideLocalSteps(
        "sync \(settings.strategy) does not go with sync-every: the ranks of a group share memory; use shared or auto")
    }
  }
}

/// Which ranks are a group.
public enum RankGrouping: Sendable, Equatable, CustomStringConvertible {
  /// Those of a host.
  case host
  /// Each by itself.
  case rank
  /// So many groups of neighbouring ranks, of as many each or one more.
  case count(Int)

  public var description: String {
    switch self {
    case .host: "host"
    case .rank: "rank"
    case .count(let count): "\(count)"
    }
  }
}

/// What becomes of the groups' parameters at the end of a round.
public enum OuterUpdate: Sendable, Equatable {
  /// Their mean, each weighted by the positions that it has predicted.
  case average
  /// A step towards that mean with Nesterov's momentum (DiLoCo).
  case nesterov(rate: Double, momentum: Double)

  /// DiLoCo's.
  public static let usualRate = 0.7
  public static let usualMomentum = 0.9

  public var hasMomentum: Bool { self != .average }
}

/// The part of each batch that a group of ranks has: the slots from `from` / `of` to `to` / `of` of it, in the order in which
/// they are drawn.
struct SlotShare: Sendable, Equatable {
  var from, to, of: Int

  static let whole = SlotShare(from: 0, to: 1, of: 1)

  func slots(of batch: Int) -> Range<Int> { batch * from / of..<batch * to / of }
}

extension Settings {
  /// Those of a group's ranks.
  func ofGroup(_ index: Int, _ groups: RankGroups) -> Settings {
    var own = self
    own.share = groups.shares[index]
    own.strategy = groups.sizes[index] > 1 ? .shared : .auto
    own.bitFlip = nil
    return own
  }

  /// This group's slots of the batches of a part of the run.
  func slots(ofPart part: Int) -> Range<Int> { share.slots(of: ramp.size(ofPart: part)) }

  /// The most names that this group has of a batch.
  var mostNames: Int { (0..<ramp.parts).map { slots(ofPart: $0).count }.max() ?? 0 }
}

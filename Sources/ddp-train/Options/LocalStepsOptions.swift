import DataParallel
import Options
import Values

/// What becomes of the groups' parameters, as `--outer` has it.
enum OuterKind: String, CaseIterable {
  case average, nesterov

  func update(rate: Double, momentum: Double) -> OuterUpdate {
    switch self {
    case .average: .average
    case .nesterov: .nesterov(rate: rate, momentum: momentum)
    }
  }

  /// Why rate and momentum have no effect.
  static let withoutMomentum = "with --outer average: it is of nesterov"
}

extension RankGrouping: WrittenValue {
  public static var words: String { "host, rank, or \(Ranges.groups.words)" }

  public init?(written text: String) {
    switch text {
    case "host": self = .host
    case "rank": self = .rank
    default:
      guard let count = Ranges.groups.value(text) else { return nil }
      self = .count(count)
    }
  }
}

extension OptionValues<TrainingOptions> {
  /// Nil for one update of all ranks in every step.
  var localSteps: LocalSteps? {
    guard self.syncEvery > 0 else { return nil }
    var local = LocalSteps(every: self.syncEvery)
    local.groups = self.groups
    local.overlaps = self.syncOverlap
    local.update = self.outer.update(rate: self.outerRate, momentum: self.outerMomentum)
    return local
  }

  /// - Throws: `OptionError` for what is about groups of ranks where there are none, and for what groups cannot have.
  func validateLocalSteps() throws(OptionError) {
    let every = self.syncEvery
    guard every > 0 else {
      let why = "without --sync-every: all ranks synchronise in every step"
      try refuse(\.groups, if: true, why)
      try refuse(\.outer, if: true, why)
      try refuse(\.outerRate, if: true, why)
      try refuse(\.outerMomentum, if: true, why)
      try refuse(\.syncOverlap, if: self.syncOverlap, why)
      return
    }
    try refuse(\.outerRate, if: self.outer == .average, OuterKind.withoutMomentum)
    try refuse(\.outerMomentum, if: self.outer == .average, OuterKind.withoutMomentum)
    guard self.keepEvery == 0 else {
      throw OptionError(
        "keep-every \(self.keepEvery) does not go with sync-every \(every): verify computes a run's steps again on one rank, "
          + "and cannot play groups")
    }
    guard !self.syncTournament else {
      throw OptionError("sync-tournament does not go with sync-every \(every): the ranks of a group share memory")
    }
  }
}

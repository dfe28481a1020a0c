/// What a supervisor hears of its job.
///
/// What the ranks say arrives at least once: after a lost connection it may be said again.
public enum SignEvent: Equatable, Sendable {
  /// A host's leader has connected, with the right token.
  ///
  /// - ranks: of the job.
  case opened(host: String, leader: Int, ranks: Int)
  /// Of all ranks of one host that have been heard of; ranks in any order, none twice.
  case signs([LifeSign])
  /// The training begins.
  ///
  /// - step: steps done before.
  case begun(ranks: Int, step: Int)
  /// The last word of rank 0. It has been confirmed to the rank.
  case ended(JobEnding, code: Int32)
  /// The connection of a host's leader is over: the leader has ended, or is out of reach.
  case closed(host: String, leader: Int)
}

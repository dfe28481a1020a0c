/// What supervision hears of.
public enum SupervisionEvent: Equatable, Sendable {
  /// The first of all.
  case began
  /// About once a second, always.
  case tick
  /// mpirun runs, as an answer to `SupervisionAction.start`.
  ///
  /// - Parameters:
  ///   - process: mpirun's.
  ///   - ranks: that it was told to start.
  ///   - hosts: that they are on.
  case started(process: Int32, ranks: Int, hosts: Int)
  /// The other answer: there is no mpirun, no host is left, …
  ///
  /// - Parameters:
  ///   - message: one line.
  ///   - code: what a job that is not started again ends with.
  case startFailed(message: String, code: Int32)
  /// Hosts that did not answer when an attempt was prepared, about when it is started.
  ///
  /// - Parameter all: how many hosts there are with them.
  case hostsLeftOut([String], all: Int)
  /// A host's ranks have connected, for the first time or again.
  ///
  /// - Parameter leader: the rank that speaks for it. Hosts may have the same name.
  case channelOpened(host: String, leader: Int)
  case channelClosed(host: String, leader: Int)
  case signs([LifeSign])
  /// The ranks are about to train. Only the first of an attempt counts.
  ///
  /// - Parameter step: done so far.
  case begun(ranks: Int, step: Int)
  /// Rank 0's last word. It may come more than once.
  ///
  /// - Parameter code: that it is about to end with.
  case ended(JobEnding, code: Int32)
  /// mpirun has ended, after `started`, however soon; 128 + n if it was signal n. Hosts that were lost are named
  /// before.
  case exited(code: Int32)
  /// A host is not well any more: "nodeB", "does not answer".
  case hostLost(name: String, wrong: String)
  /// A signal asked for an end.
  case stopAsked
  /// Whoever reads the output is gone. A Ctrl-C comes to a job and to its reader at once, so this is no second signal.
  case readerLeft
  /// Whoever reads the output does not read just now: a pager, a terminal that is stopped.
  case readerWaits
}

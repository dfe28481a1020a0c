/// How mpirun is told to end its job, from the gentlest.
public enum JobSignal: Int, Comparable, Sendable {
  /// Is handed on to the ranks, which store a checkpoint and end (SIGUSR1).
  case stop
  /// Ends the ranks in mpirun's own order, waking those that were stopped (SIGTERM). It is sent once: at a second one
  /// mpirun itself may crash.
  case terminate
  /// Ends mpirun and all that it started here (SIGKILL to its process group).
  case kill

  public static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
}

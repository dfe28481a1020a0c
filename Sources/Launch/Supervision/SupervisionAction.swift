/// What is to be done, in the order given.
public enum SupervisionAction: Equatable, Sendable {
  /// Start an attempt. The answer is `SupervisionEvent.started` or `startFailed`.
  case start
  /// Nothing is done before that time, of the clock of the events. The next event at or after it, such as a tick,
  /// brings `start`.
  case wait(until: Double)
  /// To mpirun.
  case signal(JobSignal)
  /// One line of printable text.
  case say(String)
  /// Remove processes, memory and files that are left of the attempt.
  case cleanUp
  /// All is over. Nothing comes after it.
  case finish(code: Int32)
}

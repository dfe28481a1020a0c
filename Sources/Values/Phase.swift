/// A part of a training step, in the order in which a step has them. Whatever names or lists phases asks here: times,
/// traces, metrics, reports, predictions.
public enum Phase: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// Choosing the batch and this rank's shard of it.
  case selection
  case forward, backward
  /// Until the last rank has arrived at the exchange; none in steps that do not measure it.
  case wait
  /// Bringing gradients together before the update, and parameters after it. In steps that do not measure `wait`, the
  /// wait is in here.
  case synchronisation
  /// The update; under a strategy that reads all ranks' gradients where they are, adding them up as well.
  case adam

  /// As files have it: a key, or the beginning of one.
  public var key: String { self == .synchronisation ? "sync" : "\(self)" }

  /// As tables have it.
  public var title: String { self == .adam ? "Adam" : key }
}

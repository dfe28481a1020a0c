/// What a rank of a run is doing, for whoever watches it from outside.
public enum RunStage: UInt8, Sendable, CaseIterable {
  case starting, computing, exchanging, storing, evaluating, ending
  /// Waits for a disk: a file of the start, or one that the run writes. It comes to an end when the disk does.
  case reading, writing
}

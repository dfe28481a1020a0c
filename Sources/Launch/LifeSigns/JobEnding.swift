/// How a run has ended, as its rank 0 says it last.
public enum JobEnding: String, CaseIterable, Sendable {
  /// Finished: all outputs are written, flushed and synced.
  case done
  /// Ended early because somebody asked for it, with a checkpoint.
  case stopped
  /// The loss is no longer a number. Another start would come to the same.
  case diverged
  /// An option, or what it names, is wrong.
  case refused
  /// A file or folder may not be read or written.
  case noPermission
  /// The folder of checkpoints belongs to another run.
  case otherRun
  /// A disk is full, or over its quota.
  case diskFull
  /// Anything else.
  case failed
}

import Foundation

/// A rehearsal shows that a command line does what it is to do, in no time: runs and measurements are cut short, and no
/// number that comes of it means anything. The commands of the documents are tested so.
public enum Rehearsal {
  public static let variable = "DDP_TRAIN_REHEARSAL"

  public static let isOn = ProcessInfo.processInfo.environment[variable].map { !$0.isEmpty && $0 != "0" } ?? false

  /// The most steps of a run.
  public static let steps = 300
  /// The most steps of a rank that is played.
  public static let playedSteps = 5
  /// The longest that anything is measured, in seconds.
  public static let seconds = 0.05
}

/// How the learning rate moves over a run, once it has warmed up.
public enum LearningRateSchedule: String, CaseIterable, Sendable {
  /// Falls in a straight line to 0.
  case linear
  /// Falls to 0 along half a cosine.
  case cosine
  /// Stays.
  case constant
  /// Warm-up, stable, decay: stays, and falls in a straight line to 0 over the last fifth of the run.
  case wsd
}

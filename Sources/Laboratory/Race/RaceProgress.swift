/// How far a race is.
public enum RaceProgress: Sendable {
  /// What begins, for people.
  case stage(String)
  /// Of the stage's work so much is over, from 0 to 1.
  case share(Double)
}

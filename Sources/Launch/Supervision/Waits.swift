/// What supervision waits for, and how long. In seconds.
enum Waits {
  /// Events come at least once a second. After a longer gap the supervisor was stopped itself, or starved, and knows
  /// nothing of the ranks.
  static let ownGap = 5.0
  /// A rank that beats once a second is not well when it has been silent for longer.
  static let beat = 5.0
  /// For the first connection of a rank.
  static let opening = 30.0
  /// For a connection that was lost: ranks try for as long, and then end themselves.
  static let reconnecting = 30.0
  /// Ranks that have all been silent for so long are gone: mpirun may outlive them for ever, one time in some hundreds.
  static let silence = 10.0
  /// For mpirun's end, once rank 0 has said its last word.
  static let ending = 10.0
  /// Until a job that was asked to stop is asked again. Not soon: mpirun itself may die of it while it cleans up.
  static let asking = 10.0
  /// Between the signal that ends a job in order and the one that nothing survives.
  static let terminating = 10.0
  /// The same where ranks have ended, or cannot: there is no order left to wait for.
  static let terminatingRest = 3.0
  /// For the end of a process that was killed. One in the middle of a call to a dead file system stays.
  static let killing = 10.0
}

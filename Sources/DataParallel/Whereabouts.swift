import Synchronization

/// Where this rank is in its run, for a thread that tells somebody outside. Two plain stores a step.
public enum Whereabouts {
  public enum Place: UInt8, Sendable, CaseIterable {
    case starting, computing, exchanging, storing, evaluating, ending
    /// Waits for a disk: a file of the start, or one that the run writes. It comes to an end when the disk does.
    case reading, writing
  }

  private static let word = Atomic<Int>(0)
  /// Steps of trainings that are over, where this rank trains one after another.
  private static let base = Atomic<Int>(0)
  private static let placeBits = 3

  /// Steps done, of all trainings together, and what this rank does now.
  public static var current: (step: Int, place: Place) {
    let value = word.load(ordering: .relaxed)
    let place = Place(rawValue: UInt8(value & (1 << placeBits - 1))) ?? .starting
    return (base.load(ordering: .relaxed) + (value >> placeBits), place)
  }

  /// - Parameter step: of the present training.
  public static func enter(_ place: Place, step: Int) {
    word.store(step << placeBits | Int(place.rawValue), ordering: .relaxed)
  }

  /// Of the same step.
  public static func enter(_ place: Place) { enter(place, step: word.load(ordering: .relaxed) >> placeBits) }

  /// A training of so many steps is over, or was before this job; another one begins, or is waited for.
  public static func leave(steps: Int) {
    enter(.exchanging, step: 0)
    base.add(steps, ordering: .relaxed)
  }

  /// For the time of `body`. A body waits for nothing but what `place` says.
  public static func during<Result>(_ place: Place, _ body: () throws -> Result) rethrows -> Result {
    let before = current.place
    enter(place)
    defer { enter(before) }
    return try body()
  }
}

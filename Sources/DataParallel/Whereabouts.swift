import Synchronization
import Values

/// Where this rank is in its run, for a thread that tells somebody outside. Two plain stores a step.
public enum Whereabouts {
  private static let word = Atomic<Int>(0)
  /// Steps of trainings that are over, where this rank trains one after another.
  private static let base = Atomic<Int>(0)
  private static let stageBits = 3

  /// Steps done, of all trainings together, and what this rank does now.
  public static var current: (step: Int, stage: RunStage) {
    let value = word.load(ordering: .relaxed)
    let stage = RunStage(rawValue: UInt8(value & (1 << stageBits - 1))) ?? .starting
    return (base.load(ordering: .relaxed) + (value >> stageBits), stage)
  }

  /// - Parameter step: of the present training.
  public static func enter(_ stage: RunStage, step: Int) {
    word.store(step << stageBits | Int(stage.rawValue), ordering: .relaxed)
  }

  /// Of the same step.
  public static func enter(_ stage: RunStage) { enter(stage, step: word.load(ordering: .relaxed) >> stageBits) }

  /// A training of so many steps is over, or was before this job; another one begins, or is waited for.
  public static func leave(steps: Int) {
    enter(.exchanging, step: 0)
    base.add(steps, ordering: .relaxed)
  }

  /// For the time of `body`. A body waits for nothing but what `stage` says.
  public static func during<Result>(_ stage: RunStage, _ body: () throws -> Result) rethrows -> Result {
    let before = current.stage
    enter(stage)
    defer { enter(before) }
    return try body()
  }
}

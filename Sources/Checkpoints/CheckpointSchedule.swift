import Values

/// How often checkpoints are taken.
public enum CheckpointInterval: Sendable, Equatable, CustomStringConvertible {
  case steps(Int)
  case seconds(Double)

  /// What `init(written:)` takes: a value "is not …".
  public static var words: String {
    "a number of steps (500: \(Ranges.steps.span)) or of seconds (30s: \(Ranges.checkpointSeconds.span))"
  }

  /// From `500`, steps, or `30s`, seconds. Nil for what is neither, or out of range.
  public init?(written text: String) {
    if let steps = Ranges.steps.value(text) {
      self = .steps(steps)
    } else if text.hasSuffix("s"), let seconds = Ranges.checkpointSeconds.value(String(text.dropLast())) {
      self = .seconds(seconds)
    } else {
      return nil
    }
  }

  public var description: String {
    switch self {
    case .steps(let steps): "\(steps)"
    case .seconds(let seconds): "\(seconds)s"
    }
  }
}

/// When the next checkpoint is due. One that is due stays so until it is taken.
public struct CheckpointSchedule: Sendable {
  private let interval: CheckpointInterval
  /// The step, or the time in nanoseconds, of the next.
  private var nextStep = Int.max
  private var nextTime = UInt64.max

  /// - Parameters:
  ///   - step: steps done.
  ///   - now: on a clock of nanoseconds.
  public init(_ interval: CheckpointInterval, step: Int, now: UInt64) {
    self.interval = interval
    taken(step: step, now: now)
  }

  /// - Parameter now: read only where time counts.
  @inline(__always)
  public func isDue(step: Int, now: () -> UInt64) -> Bool {
    step >= nextStep || (nextTime != .max && now() >= nextTime)
  }

  /// Counts from a checkpoint behind `step`. Steps are multiples of the interval again, even if one came late.
  public mutating func taken(step: Int, now: UInt64) {
    switch interval {
    case .steps(let every): nextStep = (step / every + 1) * every
    case .seconds(let seconds): nextTime = now + UInt64(seconds * 1e9)
    }
  }
}

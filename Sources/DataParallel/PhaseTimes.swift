import Values
import CSIMD

/// Where a step's time went, in nanoseconds.
public struct PhaseTimes: Sendable, Equatable {
  /// Choosing the batch and this rank's shard of it.
  public var selection = 0.0
  public var forward = 0.0
  public var backward = 0.0
  /// Until the last rank had arrived at the exchange; 0 in steps that do not measure it.
  public var wait = 0.0
  /// Bringing gradients together before the update, and parameters after it. In steps that do not measure `wait`, the
  /// wait is in here.
  public var synchronisation = 0.0
  /// The update; under a strategy that reads all ranks' gradients where they are, adding them up as well.
  public var adam = 0.0

  public init() {}

  public static func + (left: PhaseTimes, right: PhaseTimes) -> PhaseTimes { left.combined(right, +) }

  public static func / (times: PhaseTimes, divisor: Double) -> PhaseTimes {
    times.combined(times) { a, _ in a / divisor }
  }

  @inline(__always)
  private func combined(_ other: PhaseTimes, _ operation: (Double, Double) -> Double) -> PhaseTimes {
    var result = PhaseTimes()
    result.selection = operation(selection, other.selection)
    result.forward = operation(forward, other.forward)
    result.backward = operation(backward, other.backward)
    result.wait = operation(wait, other.wait)
    result.synchronisation = operation(synchronisation, other.synchronisation)
    result.adam = operation(adam, other.adam)
    return result
  }

  public var total: Double { selection + forward + backward + wait + synchronisation + adam }
}

/// A clock read between phases.
struct PhaseClock {
  /// What is to hear of every phase; nil in most steps.
  let trace: Trace?
  private var last = csimd_nanoseconds()

  init(trace: Trace?) { self.trace = trace }

  /// Nanoseconds since the last call, which `phase` took.
  mutating func lap(_ phase: Phase) -> Double {
    let now = csimd_nanoseconds()
    defer { last = now }
    trace?.add(phase, from: last, to: now)
    return Double(now - last)
  }
}

import CSIMD

/// Where a step's time went, in nanoseconds.
public struct PhaseTimes: Sendable {
  public var forward = 0.0
  public var backward = 0.0
  /// Until the last rank had arrived at the exchange; 0 in steps that do not measure it.
  public var wait = 0.0
  /// The exchange itself. In steps that do not measure `wait`, the wait is in here.
  public var synchronisation = 0.0
  public var adam = 0.0

  public static func + (left: PhaseTimes, right: PhaseTimes) -> PhaseTimes {
    PhaseTimes(
      forward: left.forward + right.forward, backward: left.backward + right.backward,
      wait: left.wait + right.wait, synchronisation: left.synchronisation + right.synchronisation,
      adam: left.adam + right.adam)
  }

  public static func / (times: PhaseTimes, divisor: Double) -> PhaseTimes {
    PhaseTimes(
      forward: times.forward / divisor, backward: times.backward / divisor, wait: times.wait / divisor,
      synchronisation: times.synchronisation / divisor, adam: times.adam / divisor)
  }

  public var total: Double { forward + backward + wait + synchronisation + adam }
}

/// A clock read between phases.
struct PhaseClock {
  private var last = csimd_nanoseconds()

  /// Nanoseconds since the last call.
  mutating func lap() -> Double {
    let now = csimd_nanoseconds()
    defer { last = now }
    return Double(now - last)
  }
}

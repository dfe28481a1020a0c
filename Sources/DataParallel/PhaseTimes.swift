import CSIMD
import Values

/// Where a step's time went, by phase, in nanoseconds.
public struct PhaseTimes: Sendable, Equatable, BitwiseCopyable {
  /// By the phases' raw values: in registers, for a step allocates nothing.
  private var nanoseconds = SIMD8<Double>.zero

  public init() {}

  public subscript(phase: Phase) -> Double {
    get { nanoseconds[Int(phase.rawValue)] }
    set { nanoseconds[Int(phase.rawValue)] = newValue }
  }

  public static func + (left: PhaseTimes, right: PhaseTimes) -> PhaseTimes {
    PhaseTimes(left.nanoseconds + right.nanoseconds)
  }

  public static func / (times: PhaseTimes, divisor: Double) -> PhaseTimes { PhaseTimes(times.nanoseconds / divisor) }

  public var total: Double { nanoseconds.sum() }

  private init(_ nanoseconds: SIMD8<Double>) { self.nanoseconds = nanoseconds }
}

/// A clock read between phases.
struct PhaseClock {
  /// What the phases have taken so far.
  private(set) var times = PhaseTimes()
  /// What is to hear of every phase; nil in most steps.
  private let trace: Trace?
  private var last = csimd_nanoseconds()

  init(trace: Trace?) { self.trace = trace }

  /// The time since the last call went to `phase`.
  mutating func lap(_ phase: Phase) {
    let now = csimd_nanoseconds()
    trace?.add(phase, from: last, to: now)
    times[phase] += Double(now - last)
    last = now
  }
}

import Glibc

/// Nanoseconds on a clock that nobody sets, the same in all processes of a host.
func monotonicNanoseconds() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// A point on that clock by which something has to be done.
struct Deadline: Sendable {
  private let time: Int

  /// - Parameter seconds: from now.
  init(in seconds: Double) { time = monotonicNanoseconds() + nanoseconds(seconds) }

  var isOver: Bool { monotonicNanoseconds() >= time }

  /// For poll(2): what is left, rounded up, so that waiting for it does not end just before it.
  var milliseconds: CInt {
    let left = max(0, time - monotonicNanoseconds())
    return CInt(clamping: (left + 999_999) / 1_000_000)
  }

  var seconds: Double { Double(max(0, time - monotonicNanoseconds())) * 1e-9 }
}

/// Of at most some years.
func nanoseconds(_ seconds: Double) -> Int { Int(max(0, min(seconds, 1e9)) * 1e9) }

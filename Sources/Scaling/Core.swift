import CSIMD
import Glibc
import Kernels

/// The core a measurement runs on.
public enum Core {
  /// Keeps the calling thread on the first core it may use, or leaves it alone where the system refuses.
  ///
  /// - Returns: the core's number.
  @discardableResult
  public static func pin() -> Int? {
    var allowed = cpu_set_t()
    guard sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &allowed) == 0 else { return nil }
    let first = withUnsafeBytes(of: allowed) { bytes in
      (0..<bytes.count * 8).first { bytes[$0 / 8] & (1 << UInt8($0 % 8)) != 0 }
    }
    guard let first else { return nil }
    var one = cpu_set_t()
    withUnsafeMutableBytes(of: &one) { $0[first / 8] |= 1 << UInt8(first % 8) }
    return sched_setaffinity(0, MemoryLayout<cpu_set_t>.size, &one) == 0 ? first : nil
  }

  /// FLOP/s of independent fused multiply-adds at the widest vectors, over about a tenth of a millisecond.
  ///
  /// Clocks change by the millisecond: take it beside what it is compared with.
  public static func multiplyAddRate() -> Double {
    let count = 2000
    let start = csimd_nanoseconds()
    let result = multiplyAddChains(count: count)
    let nanoseconds = Double(csimd_nanoseconds() - start)
    precondition(result.isFinite)
    return Double(count * multiplyAddChainFlops) / nanoseconds * 1e9
  }

  /// The most memory this process has had, in bytes.
  public static var peakMemory: Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF, &usage)
    return usage.ru_maxrss * 1024
  }
}

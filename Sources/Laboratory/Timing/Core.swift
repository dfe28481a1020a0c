import CHost
import CSIMD
import Kernels
import Schemas
import Values

/// The core a measurement runs on.
public enum Core {
  /// Keeps the calling thread on the first core it may use, or leaves it alone where the system refuses.
  ///
  /// - Returns: the core's number.
  @discardableResult
  public static func pin() -> Int? {
    let cpu = Int(chost_pin_to_first_cpu())
    return cpu < 0 ? nil : cpu
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
  public static var peakMemory: Int { Int(chost_peak_memory()) }
}

extension Machine {
  /// - Parameter sample: GFLOP/s of one core.
  public mutating func setPeak(_ sample: Sample) {
    peakGflops = sample.median
    peakGflopsLow = sample.quantile(0.1)
    peakGflopsHigh = sample.quantile(0.9)
  }
}

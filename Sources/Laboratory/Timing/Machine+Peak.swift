import Schemas

extension Machine {
  /// - Parameter sample: GFLOP/s of one core.
  public mutating func setPeak(_ sample: Sample) {
    peakGflops = sample.median
    peakGflopsLow = sample.quantile(0.1)
    peakGflopsHigh = sample.quantile(0.9)
  }
}

import Kernels
import Testing

/// The loop that measures the machine's ceiling: it must do the arithmetic it is credited with.
@Suite struct PeakTests {
  /// Every chain stays at the fixed point of x · 0.999 + 0.001; the sum tells how many chains there are.
  @Test(arguments: [1, 10, 1000])
  func chains(count: Int) {
    let sum = Double(multiplyAddChains(count: count))
    let chains = (sum / Double(Vector.count)).rounded()
    #expect([6, 24].contains(chains))
    #expect(abs(sum - chains * Double(Vector.count)) < 1e-3 * sum)
    #expect(multiplyAddChainFlops == 24 * Vector.count * 2)
  }
}

import Testing
import Values

@Suite struct SampleTests {
  @Test func quantilesInterpolate() {
    let sample = Sample([4, 1, 3, 2, 5])
    #expect(sample.median == 3)
    #expect(sample.quantile(0) == 1)
    #expect(sample.quantile(1) == 5)
    #expect(sample.quantile(0.125) == 1.5)
  }

  @Test func evenSamplesHaveAMedianBetween() { #expect(Sample([1, 2, 3, 10]).median == 2.5) }

  @Test func nothingHasQuantilesOfZero() { #expect(Sample([]).median == 0) }
}

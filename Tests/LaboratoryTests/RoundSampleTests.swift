import Testing

@testable import Laboratory

@Suite("Samples in rounds")
struct RoundSampleTests {
  @Test("the median is that of all values, not a median of medians")
  func median() {
    let sample = RoundSample([[1, 1, 9], [2, 2, 2]])
    #expect(sample.median == 2)
    #expect(RoundSample([[1, 1, 1, 1], [5, 6, 7, 8], [5, 6, 7, 8]]).median == 5.5)
  }

  @Test("values are cut into rounds in order, the last one as long as it is")
  func rounds() {
    #expect(RoundSample([1, 2, 3, 4, 5], roundLength: 2).rounds == [[1, 2], [3, 4], [5]])
  }

  @Test("equal rounds leave no doubt; rounds that differ leave theirs, whatever their length")
  func interval() {
    let sure = RoundSample([[1, 2, 3], [1, 2, 3], [1, 2, 3]])
    #expect(sure.interval == 2...2)
    // Two machines' worth of rounds: the median of 20 draws from 10 ones and 10 threes is either, often.
    let unsure = RoundSample((0..<20).map { [Double](repeating: $0 % 2 == 0 ? 1 : 3, count: 50) })
    #expect(unsure.interval == 1...3)
  }

  @Test("what slows both down cancels in the ratio")
  func ratio() {
    let fast = (0..<20).map { round in [Double](repeating: Double(1 + round % 3), count: 5) }
    let twice = RoundSample(fast.map { $0.map { 2 * $0 } })
    let interval = twice.ratioInterval(to: RoundSample(fast))
    #expect(interval == 2...2)
    #expect(RoundSample(fast).interval != 2...2)
  }
}

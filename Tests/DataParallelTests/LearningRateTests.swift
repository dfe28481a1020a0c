import Foundation
import GPT
import Testing

@testable import DataParallel

@Suite("the learning rate of each step")
struct LearningRateTests {
  private func settings(
    _ schedule: LearningRateSchedule, steps: Int, warmUp: Int = 0, learningRate: Double = 1
  ) throws -> Settings {
    var settings = try Settings(
      shape: Shape(dModel: 16, heads: 4), batch: 16, steps: steps, learningRate: learningRate, seed: 1,
      engine: EngineOptions(), evaluate: false)
    (settings.schedule, settings.warmUp) = (schedule, warmUp)
    return try settings.validated()
  }

  private func rates(_ settings: Settings) -> [Double] { (0..<settings.steps).map { settings.learningRate(step: $0) } }

  @Test(
    "known values, to the bit",
    arguments: [
      (.linear, 4, 0, [1, 0.75, 0.5, 0.25]), (.linear, 7, 3, [0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25]),
      (.linear, 1, 0, [1]), (.linear, 2, 1, [0.5, 1]), (.cosine, 1, 0, [1]), (.cosine, 2, 1, [0.5, 1]),
      (.constant, 5, 3, [0.25, 0.5, 0.75, 1, 1]), (.constant, 2, 0, [1, 1]),
      (.wsd, 10, 0, [1, 1, 1, 1, 1, 1, 1, 1, 1, 0.5]), (.wsd, 3, 0, [1, 1, 1]),
      (.wsd, 20, 3, [0.25, 0.5, 0.75] + Array(repeating: 1, count: 14) + [0.75, 0.5, 0.25]),
      // The warm-up leaves less than a fifth.
      (.wsd, 20, 18, (1...18).map { Double($0) / 19 } + [1, 0.5]),
    ] as [(LearningRateSchedule, Int, Int, [Double])])
  func values(schedule: LearningRateSchedule, steps: Int, warmUp: Int, expected: [Double]) throws {
    #expect(try rates(settings(schedule, steps: steps, warmUp: warmUp)) == expected)
  }

  @Test("without options it is lr · (1 − step / steps), as ever, to the bit", arguments: [1, 3, 1000, 7919])
  func asEver(steps: Int) throws {
    for rate in [0.003, 0.01, 1e-300, 7] {
      let settings = try Settings(
        shape: Shape(dModel: 16, heads: 4), batch: 16, steps: steps, learningRate: rate, seed: 1,
        engine: EngineOptions(), evaluate: false)
      #expect(rates(settings) == (0..<steps).map { rate * (1 - Double($0) / Double(steps)) })
    }
  }

  @Test("the cosine is the C library's, but for its last bits", arguments: [2, 3, 10, 1000, 100_003])
  func cosine(steps: Int) throws {
    let settings = try settings(.cosine, steps: steps)
    for step in 0..<steps {
      let expected = (1 + cos(Double.pi * Double(step) / Double(steps))) / 2
      #expect(abs(settings.learningRate(step: step) - expected) < 1e-15)
    }
  }

  @Test(
    "it rises over the warm-up, then never rises again, and stays above 0", arguments: LearningRateSchedule.allCases,
    [0, 1, 37, 998, 999])
  func monotonous(schedule: LearningRateSchedule, warmUp: Int) throws {
    let rates = try rates(settings(schedule, steps: 1000, warmUp: warmUp, learningRate: 0.01))
    #expect(rates.allSatisfy { 0 < $0 && $0 <= 0.01 } && rates[warmUp] == 0.01)
    let (rising, falling) = (rates[...warmUp], rates[warmUp...])
    #expect(zip(rising, rising.dropFirst()).allSatisfy { $0 < $1 })
    #expect(zip(falling, falling.dropFirst()).allSatisfy { $0 >= $1 })
  }

  @Test("a warm-up of the whole run, or of no number of steps, is refused")
  func refused() {
    let whole = #expect(throws: SettingsError.onlyWarmUp(10, steps: 10)) {
      try settings(.linear, steps: 10, warmUp: 10)
    }
    #expect(
      whole.map { "\($0)" } == "warm-up 10 leaves the schedule none of the run's steps, 10: it must be smaller")
    #expect(throws: SettingsError.warmUp(-1)) { try settings(.linear, steps: 10, warmUp: -1) }
  }
}

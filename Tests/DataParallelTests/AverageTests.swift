import GPT
import Testing

@testable import DataParallel

@Suite("the mean of the last steps' parameters")
struct AverageTests {
  private func settings(steps: Int, average: Double) throws -> Settings {
    var settings = try Settings(
      shape: Shape(dModel: 16, heads: 4), batch: 8, steps: steps, learningRate: 0.01, seed: 3,
      engine: EngineOptions(), evaluate: false)
    settings.average = average
    return try settings.validated()
  }

  @Test(
    "a share is a number of steps, at least one",
    arguments: [(100, 0, 0), (100, 0.2, 20), (10, 0.25, 3), (3, 0.01, 1), (1, 0.9, 1), (1000, 0.9, 900)])
  func steps(steps: Int, share: Double, expected: Int) throws {
    let settings = try settings(steps: steps, average: share)
    #expect(settings.averagedSteps == expected)
    #expect((0...steps).map { settings.averagedSteps(after: $0) }.suffix(expected + 1) == ArraySlice(0...expected))
    #expect(settings.averagedSteps(after: 0) == 0)
  }

  @Test("sums are those of the parameters after each of these steps", arguments: [0, 0.3])
  func sums(share: Double) throws {
    let settings = try settings(steps: 10, average: share)
    let step = try TrainingStep(
      settings: settings, names: packageNames(), rank: 0, ranks: 1,
      synchronisation: SoloSynchronisation(parameterCount: settings.shape.parameterCount))
    var expected = [Double](repeating: 0, count: settings.shape.parameterCount)
    for number in 0..<10 {
      _ = try step.run(number, measuringWait: false)
      if share > 0, number >= 7 {
        for i in expected.indices { expected[i] += Double(step.state.parameters[i]) }
      }
    }
    #expect(step.state.sums.count == (share > 0 ? expected.count : 0))
    #expect(Array(step.state.sums.buffer) == (share > 0 ? expected : []))
  }

  @Test("shares that make no sense are refused", arguments: [-0.1, 0.91, .infinity])
  func refused(share: Double) {
    #expect(throws: SettingsError.average(share)) { try settings(steps: 10, average: share) }
  }
}

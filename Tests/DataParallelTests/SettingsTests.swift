import DataParallel
import GPT
import Testing
import Values

@Suite("settings of a run")
struct SettingsTests {
  private func settings(
    batch: Int = 16, steps: Int = 100, learningRate: Double = 0.01, engine: EngineKind = .auto
  ) throws -> Settings {
    try Settings(
      shape: Shape(dModel: 16, heads: 4), batch: batch, steps: steps, learningRate: learningRate, seed: 1,
      engine: EngineOptions(kind: engine), evaluate: false)
  }

  @Test("the smallest and the largest numbers are accepted")
  func limits() throws {
    #expect(try settings(batch: 1, steps: 1, learningRate: Ranges.learningRate.range.lowerBound).batch == 1)
    #expect(
      try settings(batch: Ranges.batch.range.upperBound, steps: Ranges.steps.range.upperBound).steps
        == Ranges.steps.range.upperBound)
  }

  @Test("a batch outside its range is refused", arguments: [0, -1, .min, Ranges.batch.range.upperBound + 1, .max])
  func batch(_ batch: Int) {
    let error = #expect(throws: SettingsError.batch(batch)) { try settings(batch: batch) }
    #expect(error.map { "\($0)" } == "batch \"\(batch)\" is not a whole number from 1 to 1048576 names")
  }

  @Test("steps outside their range are refused", arguments: [0, -1, .min, Ranges.steps.range.upperBound + 1, .max])
  func steps(_ steps: Int) {
    let error = #expect(throws: SettingsError.steps(steps)) { try settings(steps: steps) }
    #expect(error?.description.hasPrefix("steps \"\(steps)\" is not a whole number from 1 to") == true)
  }

  @Test("a learning rate that is no positive number is refused", arguments: [0, -0.01, .infinity, -.infinity])
  func learningRate(_ rate: Double) {
    #expect(throws: SettingsError.learningRate(rate)) { try settings(learningRate: rate) }
  }

  /// NaN equals nothing, itself neither.
  @Test("so is one that is not a number")
  func notANumber() {
    let error = #expect(throws: SettingsError.self) { try settings(learningRate: .nan) }
    #expect(error.map { "\($0)" } == "learning-rate \"nan\" is not a number from 1e-300 to 1e+300")
  }

  @Test(
    "so are buckets of no size, or beyond any gradient's", arguments: [0, -1, Ranges.bucketKiB.range.upperBound + 1])
  func buckets(_ size: Int) {
    let error = #expect(throws: SettingsError.bucket(size)) {
      try Settings(
        shape: Shape(dModel: 16, heads: 4), batch: 16, steps: 1, learningRate: 0.01, seed: 1, engine: EngineOptions(),
        evaluate: false, bucketKiB: size)
    }
    #expect(error.map { "\($0)" } == "bucket-kib \"\(size)\" is not a whole number from 1 to 1048576 KiB")
  }

  @Test("every number of the product of batch and steps counts exactly")
  func exactSamples() {
    #expect(!Ranges.batch.range.upperBound.multipliedReportingOverflow(by: Ranges.steps.range.upperBound).overflow)
  }
}

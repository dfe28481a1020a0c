import CAllocations
import DataParallel
import Dataset
import GPT
import Laboratory
import TestSupport
import Testing

/// What `bench` measures, without its times: those flake.
@Suite(.serialized) struct StepBenchmarkTests {
  private func benchmark(_ options: EngineOptions = EngineOptions(), batch: Int = 16) throws -> StepBenchmark {
    let names = try NameSet(path: PackagePaths.names).table
    return try StepBenchmark(
      TimedCase(shape: try Shape(dModel: 16, heads: 4), batch: batch, engine: options), names: names)
  }

  @Test func stepsAllocateNothing() throws {
    guard callocations_are_counted() != 0 else { return }
    let benchmark = try benchmark()
    try StepBenchmark.run([benchmark], seconds: 0.05)
    #expect(benchmark.result.allocationsPerStep == 0)
  }

  @Test func casesInTurnsHaveAsManyRoundsEach() throws {
    let benchmarks = [try benchmark(), try benchmark(batch: 64), try benchmark(batch: 3)]
    var rounds = 0
    try StepBenchmark.run(benchmarks, seconds: 0.1) { rounds = $0.rounds }
    #expect(rounds > 0 && benchmarks.allSatisfy { $0.peaks.count == rounds })
  }

  @Test func sharesCountPredictedPositionsAndRowsReallyComputed() throws {
    var plain = EngineOptions()
    plain.sharesPrefixes = false
    let shared = try benchmark()
    let unshared = try benchmark(plain)
    try StepBenchmark.run([shared, unshared], seconds: 0.5)
    #expect(unshared.result.rows == unshared.result.positions)
    #expect((0.70...0.90).contains(shared.result.rows / shared.result.positions))
  }

  @Test func paddingFillsEveryName() throws {
    var padded = EngineOptions()
    padded.sharesPrefixes = false
    padded.skipsPadding = false
    let benchmark = try benchmark(padded)
    try StepBenchmark.run([benchmark], seconds: 0)
    #expect(benchmark.result.rows == 16 * 16)
  }

  @Test func sharesAreOfThePeak() throws {
    let benchmark = try benchmark()
    try StepBenchmark.run([benchmark], seconds: 0.05)
    let share = benchmark.result.nominalShare.median
    #expect(share > 0 && share < 3)
    #expect(benchmark.result.effectiveShare.median < share)
    #expect(benchmark.peaks.allSatisfy { $0 > 0 })
  }
}

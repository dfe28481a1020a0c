import GPT
import Testing

@testable import DataParallel

@Suite("a batch that grows")
struct BatchRampTests {
  private func settings(
    batch: Int, steps: Int, doublings: Int, reproducible: Bool = false
  ) throws -> Settings {
    var settings = try Settings(
      shape: Shape(dModel: 16, heads: 4), batch: batch, steps: steps, learningRate: 0.01, seed: 3,
      engine: EngineOptions(), evaluate: false, reproducible: reproducible)
    settings.batchRamp = doublings
    return try settings.validated()
  }

  @Test("doubles in equal parts of the steps and ends at the batch")
  func sizes() throws {
    let sizes = { (settings: Settings) in (0..<settings.steps).map { settings.batch(step: $0) } }
    #expect(try sizes(settings(batch: 64, steps: 8, doublings: 3)) == [8, 8, 16, 16, 32, 32, 64, 64])
    #expect(try sizes(settings(batch: 4, steps: 7, doublings: 2)) == [1, 1, 1, 2, 2, 4, 4])
    #expect(try sizes(settings(batch: 4, steps: 3, doublings: 2)) == [1, 2, 4])
    #expect(try sizes(settings(batch: 5, steps: 3, doublings: 0)) == [5, 5, 5])
  }

  @Test(
    "each step's samples follow those of the step before",
    arguments: [(64, 1000, 3), (7, 100, 0), (4, 7, 2), (1024, 11, 10), (6, 2, 1)])
  func samples(batch: Int, steps: Int, doublings: Int) throws {
    let settings = try settings(batch: batch, steps: steps, doublings: doublings)
    var next = 0
    for step in 0..<steps {
      guard settings.ramp.firstSample(of: step) == next else {
        Issue.record("step \(step) begins at \(settings.ramp.firstSample(of: step)) instead of \(next)")
        return
      }
      next += settings.batch(step: step)
    }
    #expect(settings.ramp.firstSample(of: steps) == next)
  }

  @Test("the longest run of the largest batch is counted exactly")
  func largest() {
    let ramp = BatchRamp(batch: 1 << 20, steps: 1 << 40, doublings: 20)
    #expect(ramp.size(ofPart: ramp.part(of: (1 << 40) - 1)) == 1 << 20)
    let before = ramp.firstSample(of: (1 << 40) - 1)
    #expect(before > 0 && ramp.firstSample(of: 1 << 40) == before + 1 << 20)
  }

  @Test(
    "the ranks' shards are the batch, and an epoch has each name once", arguments: [1, 2, 3, 5], [false, true])
  func shards(ranks: Int, reproducible: Bool) throws {
    let names = NameTable(Array(try packageNames().names.prefix(60)))
    let settings = try settings(batch: 20, steps: 9, doublings: 2, reproducible: reproducible)
    let members = try (0..<ranks).map { rank in
      try TrainingStep(
        settings: settings, names: names, rank: rank, ranks: ranks,
        synchronisation: SoloSynchronisation(parameterCount: settings.shape.parameterCount))
    }
    let sampler = BatchSampler(seed: 3, names: names.count, batch: 1)
    var sample = 0
    for step in 0..<settings.steps {
      let size = settings.batch(step: step)
      let expected = (sample..<sample + size).map { names.names[sampler.name(step: $0, slot: 0)] }.sorted()
      let selected = members.map { $0.selectBatch(step) }
      #expect(selected.flatMap { Array($0.names) } == expected, "step \(step)")
      let positions = expected.reduce(0) { $0 + $1.positions }
      #expect(selected.allSatisfy { $0.facts.positions == positions })
      sample += size
    }
    // 5, 10 and 20 names, three times each.
    #expect(sample == 105)
  }

  @Test("a ramp that the batch or the steps have no room for is refused")
  func refused() {
    #expect(throws: SettingsError.batchRamp(-1)) { try settings(batch: 4, steps: 9, doublings: -1) }
    #expect(throws: SettingsError.batchRamp(21)) { try settings(batch: 4, steps: 9, doublings: 21) }
    #expect(throws: SettingsError.rampOfBatch(3, batch: 4)) { try settings(batch: 4, steps: 9, doublings: 3) }
    #expect(throws: SettingsError.rampOfBatch(1, batch: 5)) { try settings(batch: 5, steps: 9, doublings: 1) }
    #expect(throws: SettingsError.rampOfSteps(2, steps: 2)) { try settings(batch: 4, steps: 2, doublings: 2) }
  }
}

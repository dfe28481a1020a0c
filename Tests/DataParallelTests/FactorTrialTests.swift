import GPT
import Testing

@testable import DataParallel

/// Which exchange a trial's times speak for.
@Suite("gradients or their factors")
struct FactorTrialTests {
  /// C = 256, B = 64 on two ranks: by the rule of bytes factors should win, and on one machine they did not. The times here
  /// are made up: such times must decide.
  @Test("the clock decides, and not the bytes")
  func clock() throws {
    let shape = try Shape(dModel: 256, heads: 4)
    let (rows, ranks) = (370.0, 2.0)
    #expect(rows < 1.7 * Double(shape.dModel) * ranks.squareRoot())
    #expect(!FactorTrial.prefersFactors(gradients: [9900, 10_000, 10_100], factors: [9980, 10_050, 10_200]))
    #expect(FactorTrial.prefersFactors(gradients: [9900, 10_000, 10_100], factors: [8900, 9000, 12_000]))
  }

  @Test("a gain within the noise is none, and one slow step decides nothing")
  func noise() {
    #expect(!FactorTrial.prefersFactors(gradients: [100, 100, 100], factors: [98, 98, 98]))
    #expect(!FactorTrial.prefersFactors(gradients: [100, 100, 900], factors: [100, 100, 100]))
    #expect(FactorTrial.prefersFactors(gradients: [100, 100, 100], factors: [96, 96, 900]))
  }

  @Test("what the settings say by name, small models and large batches are not tried")
  func untried() throws {
    let names = try packageNames()
    func strategy(
      _ wanted: SynchronisationStrategy, dModel: Int, _ kind: EngineKind, batch: Int = 4
    ) throws -> SynchronisationStrategy {
      let settings = try Settings(
        shape: Shape(dModel: dModel, heads: 4), batch: batch, steps: 10, learningRate: 0.01, seed: 1,
        engine: EngineOptions(kind: kind), evaluate: false, strategy: wanted)
      return try FactorTrial.choosing(settings, names: names, group: nil).strategy
    }
    #expect(try strategy(.auto, dModel: 32, .simd) == .auto)
    #expect(try strategy(.auto, dModel: 64, .scalar) == .auto)
    #expect(try strategy(.auto, dModel: 64, .simd, batch: 65) == .auto)
    #expect(try strategy(.shared, dModel: 64, .simd) == .shared)
    #expect([.auto, .factors].contains(try strategy(.auto, dModel: 64, .simd)))
  }
}

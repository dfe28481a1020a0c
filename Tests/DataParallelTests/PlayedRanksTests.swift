import GPT
import TestSupport
import Testing

@testable import DataParallel

@Suite("ranks played on one core")
struct PlayedRanksTests {
  private func settings() throws -> Settings {
    try Settings(
      shape: Shape(dModel: 16, heads: 4), batch: 50, steps: 100, learningRate: 0.01, seed: 1, engine: EngineOptions(),
      evaluate: false)
  }

  @Test("one trains as a run does, to the bit; several as one but for the order of sums", arguments: [1, 2, 5, 70])
  func trains(ranks: Int) throws {
    let (settings, names) = (try settings(), try packageNames())
    let played = PlayedRanks(settings, names: names, ranks: ranks)
    played.play(3)
    played.play(4)
    let run = try TrainingStep(
      settings: settings, names: names, rank: 0, ranks: 1,
      synchronisation: SoloSynchronisation(parameterCount: settings.shape.parameterCount))
    for step in 0..<7 { _ = try run.run(step, measuringWait: false) }
    if ranks == 1 { #expect(played.state.parametersHash == run.state.parametersHash) }
    let expected = run.state.parameters.buffer.map(Double.init)
    #expect(normwiseError(played.state.parameters.buffer.map(Double.init), expected) < 1e-3)
    #expect(played.steps.count == 7)
    for step in played.steps {
      #expect(step.passes.count == ranks && step.update.count == ranks && step.flops.count == ranks)
      #expect(step.passes.allSatisfy { $0.isFinite && $0 >= 0 } && step.selection > 0)
    }
    #expect(played.steps.contains { $0.transfer != nil } == (ranks > 1))
  }
}

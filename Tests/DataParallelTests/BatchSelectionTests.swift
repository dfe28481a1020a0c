import GPT
import TestSupport
import Testing

@testable import DataParallel

/// What N ranks select of a step's batch, without MPI: each alone works out its shard and the number that all divide by.
@Suite("batch selection on several ranks")
struct BatchSelectionTests {
  private let names: NameTable

  init() throws { names = try packageNames() }

  /// One rank of N, in this process.
  private func rank(
    _ rank: Int, of ranks: Int, batch: Int, reproducible: Bool = false
  ) throws -> (step: TrainingStep, synchronisation: SoloSynchronisation) {
    let settings = try Settings(
      shape: Shape(dModel: 16, heads: 4), batch: batch, steps: 10, learningRate: 0.01, seed: 3,
      engine: EngineOptions(), evaluate: false, reproducible: reproducible)
    let alone = SoloSynchronisation(parameterCount: settings.shape.parameterCount)
    let step = try TrainingStep(
      settings: settings, names: names, rank: rank, ranks: ranks, synchronisation: alone)
    return (step, alone)
  }

  @Test(
    "the shards are the batch, and every rank counts its global positions", arguments: [2, 3, 5, 9], [false, true])
  func shards(ranks: Int, reproducible: Bool) throws {
    let batch = 7
    let members = try (0..<ranks).map { try rank($0, of: ranks, batch: batch, reproducible: reproducible).step }
    for step in [0, 1, 8] {
      let sampler = BatchSampler(seed: 3, names: names.count, batch: batch)
      let expected = (0..<batch).map { names.names[sampler.name(step: step, slot: $0)] }.sorted()
      let selected = members.map { $0.selectBatch(step) }
      #expect(selected.flatMap { Array($0.names) } == expected)
      let positions = expected.reduce(0) { $0 + $1.positions }
      #expect(selected.allSatisfy { $0.facts.positions == positions })
    }
  }

  /// Division by the shard's own positions makes shares too large, by about N.
  @Test("the ranks' losses and gradients sum to those of one rank", arguments: [2, 3, 5])
  func sums(ranks: Int) throws {
    let one = try rank(0, of: 1, batch: 16)
    let whole = try one.step.run(0, measuringWait: false)
    let count = one.step.state.shape.parameterCount
    var (loss, gradient) = (0.0, [Double](repeating: 0, count: count))
    for index in 0..<ranks {
      let member = try rank(index, of: ranks, batch: 16)
      let outcome = try member.step.run(0, measuringWait: false)
      #expect(outcome.positions == whole.positions)
      loss += outcome.loss
      for i in 0..<count { gradient[i] += Double(member.synchronisation.gradients[0][i]) }
    }
    #expect(abs(loss - whole.loss) < SimulatedRanksTests.contract * whole.loss)
    let expected = (0..<count).map { Double(one.synchronisation.gradients[0][$0]) }
    #expect(normwiseError(gradient, expected) < SimulatedRanksTests.contract)
  }
}

import GPT
import Testing

@testable import DataParallel

@Suite("memory of a run")
struct RunMemoryTests {
  private func memory(_ dModel: Int, batch: Int, ranks: Int, evaluate: Bool = false) throws -> RunMemory {
    let shape = try Shape(dModel: dModel, heads: Shape.defaultHeads(dModel: dModel))
    let settings = try Settings(
      shape: shape, batch: batch, steps: 1, learningRate: 0.01, seed: 1, engine: EngineOptions(kind: .simd),
      evaluate: evaluate)
    return RunMemory(settings, ranks: ranks, ranksOnHost: ranks)
  }

  @Test("a rank's part is that of its share of the batch: what it has of the whole is the selection alone")
  func share() throws {
    // Of 16 names each, in one piece.
    let few = try memory(64, batch: 512, ranks: 32)
    let many = try memory(64, batch: 1024, ranks: 64)
    let moments =
      8 * (try Shape(dModel: 64, heads: 4).parameterCount / 32 - Shape(dModel: 64, heads: 4).parameterCount / 64)
    #expect(many.rank - few.rank == 512 * MemoryNeed.selection - moments)
    #expect(try 2 * many.rank < memory(64, batch: 1024, ranks: 4).rank)
  }

  @Test("what a rank's engine reserves is in it, and evaluation's batch where the run evaluates")
  func engine() throws {
    let shape = try Shape(dModel: 128, heads: 8)
    let rows = Shape.context * TrainingStep.evaluationBatch
    let more = try memory(128, batch: 1024, ranks: 64, evaluate: true).rank - memory(128, batch: 1024, ranks: 64).rank
    let engine = EngineOptions(kind: .simd)
    #expect(more == engine.bytes(shape: shape, rows: rows) - engine.bytes(shape: shape, rows: rows / 2))
  }

  @Test("shared memory grows by a gradient per rank; one rank shares none")
  func shared() throws {
    let gradient = 4 * (try Shape(dModel: 64, heads: 4).parameterCount)
    let (one, two, three) = (
      try memory(64, batch: 64, ranks: 1), try memory(64, batch: 64, ranks: 2), try memory(64, batch: 64, ranks: 3)
    )
    #expect(one.shared == 0)
    #expect(three.shared - two.shared > gradient && three.shared - two.shared < gradient + 100_000)
  }
}

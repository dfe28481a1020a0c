import Testing

@testable import GPT

@Suite("bytes of a step's arrays")
struct WorkingSetTests {
  @Test("together they are what an engine allocates, and parameters", arguments: [16, 64, 128])
  func whole(dModel: Int) throws {
    let shape = try Shape(dModel: dModel, heads: Shape.defaultHeads(dModel: dModel))
    // So many rows that every pair there can be is among them.
    let (rows, pairs) = (1000, 16 * 27)
    let set = WorkingSet(shape: shape, rows: rows, pairs: pairs)
    let engine = EngineOptions().bytes(shape: shape, rows: rows) - rows * shape.feedForward / 8
    #expect(set.forwardActivations + set.backwardActivations + set.copies == engine)
    #expect(set.parameters == 4 * shape.parameterCount && set.gradient == set.parameters)
    #expect(set.moments == 2 * set.parameters)
  }

  @Test("what each phase touches, counted by hand")
  func phases() throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let set = WorkingSet(shape: shape, rows: 100, pairs: 60)
    // Q, K, V and the output, two layers of 4 C, and the head with columns up to 32: twice the parameters' matrices.
    #expect(set.copies == 4 * (4 * 256 + 2 * 1024 + 16 * 32))
    // 43 embeddings.
    #expect(set.forward == 4 * 43 * 16 + set.copies + set.forwardActivations)
    #expect(set.backward == 2 * set.parameters + set.forwardActivations + set.backwardActivations)
    #expect(set.adam == 4 * set.parameters + set.copies)
    // Attention output, two streams and a norm, the hidden layer, probabilities of 4 heads at 16 positions, logits: a row;
    // five times the width a pair.
    let own = 100 * (4 * 16 + 64 + 64 + 32) + 60 * 5 * 16
    #expect(set.forwardActivations >= 4 * own && set.forwardActivations < 4 * own + 8192)
    let back = 100 * (3 * 16 + 64) + 60 * 5 * 16
    #expect(set.backwardActivations >= 4 * back && set.backwardActivations < 4 * back + 1024)
  }

  @Test("the second piece and later ones share a gradient")
  func pieces() throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let gradients = [1, 2, 3].map { WorkingSet(shape: shape, rows: 100, pairs: 60, pieces: $0).gradient }
    #expect(gradients == [1, 2, 2].map { $0 * 4 * shape.parameterCount })
  }
}

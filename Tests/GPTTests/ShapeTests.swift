import GPT
import Testing

/// Sizes, tensors and what is refused.
@Suite struct ShapeTests {
  @Test(arguments: [(16, 4, 4192), (32, 4, 14528), (64, 4, 53632), (128, 8, 205_568)])
  func parameterCounts(dModel: Int, heads: Int, count: Int) throws {
    let shape = try Shape(dModel: dModel, heads: heads)
    #expect(shape.parameterCount == count)
    #expect(shape.headDim == dModel / heads)
    #expect(shape.feedForward == 4 * dModel)
    #expect(Shape.defaultHeads(dModel: dModel) == heads)
  }

  @Test(arguments: [0, -16, 1, 15, 17, 24, 100, 1040, Int.max])
  func refusedWidths(dModel: Int) {
    #expect(throws: ShapeError.width(dModel)) { try Shape(dModel: dModel, heads: 1) }
    #expect("\(ShapeError.width(dModel))".contains("\(dModel)"))
  }

  @Test(arguments: [0, -4, 3, 5, 17, 32, Int.min])
  func refusedHeads(heads: Int) {
    #expect(throws: ShapeError.heads(heads, dModel: 16)) { try Shape(dModel: 16, heads: heads) }
    #expect("\(ShapeError.heads(heads, dModel: 16))".contains("\(heads) heads"))
  }

  @Test(arguments: [(16, 1), (16, 16), (48, 3), (48, 16), (80, 5), (1024, 8)])
  func acceptedShapes(dModel: Int, heads: Int) throws {
    let shape = try Shape(dModel: dModel, heads: heads)
    #expect((shape.dModel, shape.heads) == (dModel, heads))
  }

  /// Files, hashes and messages depend on this order: it must never change.
  @Test func canonicalOrder() {
    #expect(
      Tensor.allCases.map(\.name) == [
        "wte", "wpe", "layer0.attn_wq", "layer0.attn_wk", "layer0.attn_wv", "layer0.attn_wo", "layer0.mlp_fc1",
        "layer0.mlp_fc2", "lm_head",
      ])
  }

  /// Tensors follow one another without gap or overlap, and cover the flat array.
  @Test(arguments: [16, 48, 128])
  func tensorsCoverTheFlatArray(dModel: Int) throws {
    let shape = try Shape(dModel: dModel, heads: 4)
    let sizes = [
      (27, dModel), (16, dModel), (dModel, dModel), (dModel, dModel), (dModel, dModel), (dModel, dModel),
      (4 * dModel, dModel), (dModel, 4 * dModel), (27, dModel),
    ]
    var end = 0
    for (tensor, (rows, columns)) in zip(Tensor.allCases, sizes) {
      #expect((shape.rows(tensor), shape.columns(tensor)) == (rows, columns))
      #expect(shape.offset(tensor) == end)
      #expect(shape.range(tensor) == end..<end + rows * columns)
      end += rows * columns
    }
    #expect(end == shape.parameterCount)
  }

  /// An engine's memory: on its own cache line, zero, and as long as asked for.
  @Test(arguments: [0, 1, 15, 16, 17, 1000])
  func alignedBuffers(count: Int) {
    let buffer = AlignedBuffer<Float>(zeros: count)
    let (address, length) = (UInt(bitPattern: buffer.pointer), buffer.buffer.count)
    #expect(address % 64 == 0)
    #expect(length == count)
    let zeros = buffer.buffer.allSatisfy { $0 == 0 }
    #expect(zeros)
    for i in 0..<count { buffer[i] = Float(i) }
    let kept = (0..<count).allSatisfy { buffer[$0] == Float($0) }
    #expect(kept)
  }
}

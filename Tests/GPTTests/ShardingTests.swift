import GPT
import TestSupport
import Testing

/// The identity that data parallelism rests on: the gradients of shards, scaled by the GLOBAL number of
/// predictions, add up to the batch's gradient.
@Suite struct ShardingTests {
  /// The sum over shards takes one more rounding a shard; everything else is the engines' own error.
  static let bound = 2e-6

  struct Batch {
    let shape: Shape
    let names: [Name]
    let parameters: [Float]

    init(names count: Int) throws {
      var random = SeededRandom(seed: UInt64(count))
      shape = try Shape(dModel: 32, heads: 4)
      names = randomNames(count, random: &random)
      parameters = randomParameters(shape, seed: 6)
    }

    /// Contiguous shards whose sizes differ by at most one; empty ones where there are more ranks than names.
    func shards(_ ranks: Int) -> [[Name]] {
      (0..<ranks).map { Array(names[$0 * names.count / ranks..<($0 + 1) * names.count / ranks]) }
    }

    /// The sum over the shards of loss and gradient, each with its own scale.
    func sum(_ shards: [[Name]], _ kind: EngineKind, scale: ([Name]) -> Double) -> (loss: Double, gradient: [Float]) {
      var (loss, gradient) = (0.0, [Float](repeating: 0, count: shape.parameterCount))
      for shard in shards {
        let engine = makeEngine(kind, shape: shape, names: max(1, shard.count))
        let part = pass(engine, shard, parameters, scale: scale(shard))
        loss += part.loss
        for i in gradient.indices { gradient[i] += part.gradient[i] }
      }
      return (loss, gradient)
    }
  }

  @Test(arguments: [1, 2, 3, 4, 7, 16, 19], EngineKind.available)
  func shardsAddUp(ranks: Int, kind: EngineKind) throws {
    let batch = try Batch(names: 16)
    let scale = 1 / Double(positions(batch.names))
    let whole = batch.sum([batch.names], kind) { _ in scale }
    let parts = batch.sum(batch.shards(ranks), kind) { _ in scale }
    #expect(abs(parts.loss / whole.loss - 1) < 1e-6)
    EngineTests.expectClose(batch.shape, parts.gradient, whole.gradient, Self.bound, EngineTests.elementBound)
  }

  /// Any cut will do, as far as mathematics goes: here every third name, which shares few prefixes.
  @Test func scatteredShardsAddUp() throws {
    let batch = try Batch(names: 20)
    let scale = 1 / Double(positions(batch.names))
    let shards = (0..<3).map { rank in
      batch.names.enumerated().filter { $0.offset % 3 == rank }.map(\.element)
    }
    let whole = batch.sum([batch.names], .simd) { _ in scale }
    let parts = batch.sum(shards, .simd) { _ in scale }
    EngineTests.expectClose(batch.shape, parts.gradient, whole.gradient, Self.bound, EngineTests.elementBound)
  }

  /// The classic fault: each rank takes the mean over its own predictions, and the means are averaged. It must be
  /// far outside the bound, or the bound would prove nothing.
  @Test(arguments: [2, 3, 7])
  func meanOfMeansIsFarOff(ranks: Int) throws {
    let batch = try Batch(names: 16)
    let whole = batch.sum([batch.names], .simd) { _ in 1 / Double(positions(batch.names)) }
    let wrong = batch.sum(batch.shards(ranks), .simd) { 1 / Double(positions($0)) / Double(ranks) }
    for tensor in Tensor.allCases {
      let range = batch.shape.range(tensor)
      #expect(normwiseError(wrong.gradient[range], whole.gradient[range]) > 1000 * Self.bound, "\(tensor)")
    }
  }
}

import Kernels

extension EngineOptions {
  /// Bytes of an engine's arrays: what it touches when it computes `rows` rows, and what it reserves where they are the
  /// most that it can compute.
  public func bytes(shape: Shape, rows: Int) -> Int {
    guard !isPlainModel else {
      return 4 * ScalarActivations<Float>.count(shape: shape, rows: rows)
    }
    let pairs = PrefixTree.pairs(rows: rows, sharing: sharesPrefixes, inParts: arithmetic == .defined)
    let attention = AttentionShape(heads: shape.heads, headDim: shape.headDim)
    let activations = VectorActivations.count(shape: shape, attention: attention, rows: rows, pairs: pairs)
    // The matrix unit keeps a bit for each number of the hidden layer.
    let tree = PrefixTree.count(rows: rows, pairs: pairs)
    return 4 * (activations + tree + TransposedWeights.count(shape)) + rows * shape.feedForward / 8
  }
}

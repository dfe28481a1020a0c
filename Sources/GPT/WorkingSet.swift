import Kernels

/// Bytes of the vector engine's arrays that a step touches, and which of them each phase does.
public struct WorkingSet: Sendable, Equatable {
  /// (P) of each: the parameters and their gradient; two moments.
  public var parameters, gradient, moments: Int
  /// The matrices a second time, transposed.
  public var copies: Int
  /// What the forward pass leaves of a piece of the shard, its prefix tree included, and what the backward pass needs
  /// besides.
  public var forwardActivations, backwardActivations: Int
  /// Of the parameters, the embeddings: all that the forward pass reads of them.
  private var embeddings: Int

  /// - Parameters:
  ///   - rows, pairs: R and U of a piece, which has both passes before the next one begins.
  ///   - pieces: of the shard; the second and later ones have a gradient of their own.
  public init(shape: Shape, rows: Int, pairs: Int, pieces: Int = 1) {
    let attention = AttentionShape(heads: shape.heads, headDim: shape.headDim)
    let float = MemoryLayout<Float>.size
    parameters = float * shape.parameterCount
    gradient = parameters * min(pieces, 2)
    moments = 2 * parameters
    copies = float * TransposedWeights.count(shape)
    forwardActivations =
      float
      * (VectorActivations.forwardCount(shape: shape, attention: attention, rows: rows, pairs: pairs)
        + PrefixTree.count(rows: rows, pairs: pairs))
    backwardActivations = float * VectorActivations.backwardCount(shape: shape, rows: rows, pairs: pairs)
    embeddings = float * shape.range(.positionEmbedding).upperBound
  }

  /// Bytes that the phase touches at least once. Adam has one gradient: that of the whole shard.
  public var forward: Int { embeddings + copies + forwardActivations }
  public var backward: Int { parameters + forwardActivations + backwardActivations + gradient }
  public var adam: Int { 2 * parameters + copies + moments }
}

import GPT

/// What a step of one core comes to on a data set, counted and not computed: means over the first batches of a run.
public struct StepSize: Sendable {
  /// Predicted positions, R and U of a step.
  public var positions = 0.0, rows = 0.0, pairs = 0.0
  /// Operations of the matrix products and the attention that an engine really does, both passes.
  public var operations = 0.0
  /// How many pieces a batch is worked on in, and R and U of a piece.
  public var pieces = 0
  public var pieceRows = 0.0, piecePairs = 0.0
  /// Batches that were counted.
  public var batches = 0

  /// Enough names for a mean that stays the same to three digits.
  private static let namesCounted = 20_000

  /// - Parameters:
  ///   - batch: B.
  ///   - engine: of the kinds that pack rows; their switches count.
  ///   - names: the training names.
  public init(shape: Shape, batch: Int, engine: EngineOptions, names: NameTable) {
    let source = SortedBatches(seed: 1, names: names, batch: batch)
    pieces = ShardPass.pieces(batch, shape: shape)
    batches = max(Self.namesCounted / batch, 1)
    var tree = PrefixTree(names: (batch + pieces - 1) / pieces, sharing: engine.sharesPrefixes)
    for step in 0..<batches {
      let all = UnsafeBufferPointer(start: source.names(of: step), count: batch)
      for piece in 0..<pieces {
        let own = UnsafeBufferPointer(rebasing: all[ShardPass.piece(piece, of: pieces, batch)])
        tree.build(own, padding: !engine.skipsPadding)
        let work = StepWork(shape: shape, tree)
        positions += Double(own.reduce(0) { $0 + $1.positions })
        rows += Double(work.rows)
        pairs += Double(work.pairs)
        operations += work.flops
      }
    }
    let count = Double(batches)
    (positions, rows, pairs, operations) = (positions / count, rows / count, pairs / count, operations / count)
    (pieceRows, piecePairs) = (rows / Double(pieces), pairs / Double(pieces))
  }
}

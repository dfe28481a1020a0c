import DataParallel
import GPT

/// Rows of the rank with the most, and of one rank that has the whole batch: means over batches that are really drawn
/// and cut, without computing anything.
struct ShardRows: Sendable, Equatable {
  var largest: Double
  var whole: Double
  var sum: Double

  /// Batches beyond this are not drawn: what they have in common hardly grows any more.
  static let largestDrawn = 1 << 14

  /// - Parameters:
  ///   - batch: B, all ranks together; at least `ranks`.
  ///   - names: training names.
  init(shape: Shape, batch: Int, ranks: Int, engine: EngineOptions, names: NameTable) {
    // A larger job is drawn smaller, with as many names per rank.
    let scale = max(1, (batch + Self.largestDrawn - 1) / Self.largestDrawn)
    let drawn = max(1, batch / scale)
    let drawnRanks = max(1, ranks / scale)
    let batches = SortedBatches(seed: 1, names: names, batch: drawn)
    let cuts = ShardCuts(shape: shape, engine: engine, names: drawn, ranks: drawnRanks)
    let steps = max(4, 2048 / drawn)
    var counts = RowCounts()
    for step in 0..<steps {
      cuts.count(batches.names(of: step))
      cuts.balance()
      counts = counts + cuts.rows()
    }
    largest = Double(counts.largest) / Double(steps)
    whole = Double(counts.whole) / Double(steps) * Double(batch) / Double(drawn)
    sum = Double(counts.sum) / Double(steps) * Double(batch) / Double(drawn)
  }
}

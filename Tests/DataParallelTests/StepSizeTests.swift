import Dataset
import GPT
import TestSupport
import Testing

@testable import DataParallel

/// What a step comes to without computing it, against sets of prefixes.
@Suite("the size of a step")
struct StepSizeTests {
  /// Distinct prefixes, (token, position) pairs, and keys seen by the prefixes.
  private struct Count {
    var rows = 0
    var pairs = 0
    var attended = 0

    init(_ names: [Name]) {
      let prefixes = Set(names.flatMap { name in (0..<name.positions).map { end in (0...end).map { name.input($0) } } })
      rows = prefixes.count
      pairs = Set(prefixes.map { [$0[$0.count - 1], $0.count] }).count
      attended = prefixes.reduce(0) { $0 + $1.count }
    }
  }

  @Test("rows, pairs and operations of the first batches, whole and in pieces", arguments: [(16, 16), (512, 40)])
  func counts(dModel: Int, batch: Int) throws {
    let names = try NameSet(path: PackagePaths.names).table
    let shape = try Shape(dModel: dModel, heads: 4)
    let size = StepSize(shape: shape, batch: batch, engine: EngineOptions(), names: names)
    // At C = 512 a piece has at most 16 names: 40 are 13, 13 and 14.
    #expect(size.pieces == (dModel == 512 ? 3 : 1))
    let batches = SortedBatches(seed: 1, names: names, batch: batch)
    var (rows, pairs, positions, operations) = (0, 0, 0, 0.0)
    for step in 0..<size.batches {
      let all = Array(UnsafeBufferPointer(start: batches.names(of: step), count: batch))
      positions += all.reduce(0) { $0 + $1.positions }
      for piece in 0..<size.pieces {
        let count = Count(Array(all[batch * piece / size.pieces..<batch * (piece + 1) / size.pieces]))
        rows += count.rows
        pairs += count.pairs
        let products = 3 * dModel * dModel * count.pairs + (9 * dModel * dModel + 27 * dModel) * count.rows
        operations += Double(6 * products + 12 * dModel * count.attended)
      }
    }
    let steps = Double(size.batches)
    #expect(size.batches == 20_000 / batch)
    #expect(size.rows == Double(rows) / steps && size.pairs == Double(pairs) / steps)
    #expect(size.positions == Double(positions) / steps)
    #expect(abs(size.operations / (operations / steps) - 1) < 1e-12)
    #expect(size.pieceRows == size.rows / Double(size.pieces))
  }

  @Test("padding fills every name")
  func padding() throws {
    var options = EngineOptions()
    (options.sharesPrefixes, options.skipsPadding) = (false, false)
    let names = try NameSet(path: PackagePaths.names).table
    let size = StepSize(shape: try Shape(dModel: 16, heads: 4), batch: 16, engine: options, names: names)
    #expect(size.rows == 16 * 16)
  }
}

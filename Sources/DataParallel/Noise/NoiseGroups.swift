import GPT

/// Random groups of training names, none sharing a name: drawn anew for each step, in a pure function of seed and step that
/// has nothing to do with the order in which a run trains.
///
/// Names are put into groups BEFORE they are sorted. Pieces of a sorted batch, such as shards, are names of like beginnings
/// and no random samples.
final class NoiseGroups {
  /// Of all groups together.
  let names: Int
  /// K
  let count: Int
  private let table: NameTable
  private let sampler: BatchSampler
  private let sorter: IndexSorter
  /// (names)
  private let indices: AlignedBuffer<UInt32>
  /// Of the largest group.
  private let group: AlignedBuffer<Name>

  /// Enough groups for the noise of the noise: their number tells S to about a part in √(K · effective dimensions).
  static let most = 128
  /// A training set that is no larger than all groups together is measured as a whole.
  static let mostNames = 256 * most
  /// Groups of fewer names have sums of predictions that differ much.
  private static let fewNames = 16

  /// - Parameters:
  ///   - table: the training names, at least two.
  ///   - most, mostNames: groups, and names of all of them together.
  init(seed: UInt64, table: NameTable, most: Int = most, mostNames: Int = mostNames) {
    precondition(table.count > 1)
    self.table = table
    names = min(table.count, mostNames)
    count = min(most, max(2, names / Self.fewNames))
    sampler = BatchSampler(seed: seed, names: table.count, batch: names, stream: .noise)
    indices = AlignedBuffer(zeros: names)
    let largest = (names + count - 1) / count
    group = AlignedBuffer(zeros: largest)
    sorter = IndexSorter(most: largest, bound: table.count)
  }

  /// Draws the groups of a step.
  func draw(step: Int) { sampler.names(ofEpoch: step, into: indices.buffer) }

  /// The names of a group, sorted, and their predictions. Until the next one is asked for.
  func members(of index: Int) -> (names: UnsafeBufferPointer<Name>, predictions: Int) {
    let slots = UnsafeMutableBufferPointer(
      rebasing: indices.buffer[names * index / count..<names * (index + 1) / count])
    sorter.sort(slots)
    let predictions = table.copy(UnsafeBufferPointer(slots), to: group.pointer)
    return (UnsafeBufferPointer(rebasing: group.buffer[..<slots.count]), predictions)
  }
}

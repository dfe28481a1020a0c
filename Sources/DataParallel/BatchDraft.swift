import GPT

/// A step's batch on its way: draws its names, sorts them and cuts them into the ranks' shards, all at once or a part of
/// the work at a time.
final class BatchDraft {
  private let names: NameTable
  private let sampler: BatchSampler
  private let sorter: IndexSorter
  private let ramp: BatchRamp
  private let ranks: Int
  /// Of each part of the run, which of a batch's names these ranks have, as they are drawn.
  private let slots: [Range<Int>]
  /// One for each part of the run. In a reproducible run shards are what its tree says, and are only counted.
  private let cuts: [ShardCuts]
  private let trees: [SummationTree]?
  /// (B), of which a step has its batch's: as indices of the sorted names, and as names.
  private let indices: AlignedBuffer<UInt32>
  private let batch: AlignedBuffer<Name>
  /// Of the batch that was begun last.
  private var step = 0
  private var part = 0
  private var size = 0
  /// How far it is: names are drawn first, and then copied.
  private var drawn = 0
  private var copied = 0
  /// Predicted positions, and what the ranks compute.
  private var positions = 0
  private var rows = RowCounts()

  /// - Parameters:
  ///   - names: the training names.
  ///   - ranks: N.
  init(_ settings: Settings, names: NameTable, ranks: Int) {
    (self.names, self.ranks) = (names, ranks)
    let ramp = settings.ramp
    self.ramp = ramp
    sampler = BatchSampler(seed: settings.seed, names: names.count, batch: settings.batch)
    sorter = sampler.sorter
    slots = (0..<ramp.parts).map { settings.slots(ofPart: $0) }
    cuts = slots.map {
      ShardCuts(shape: settings.shape, engine: settings.engine, names: $0.count, ranks: ranks)
    }
    trees = settings.summationTrees
    indices = AlignedBuffer(zeros: settings.mostNames)
    batch = AlignedBuffer(zeros: settings.mostNames)
  }

  /// The most names that a rank has of a batch.
  static func capacity(_ settings: Settings, ranks: Int) -> Int {
    guard let tree = settings.summationTree else { return ShardCuts.capacity(names: settings.mostNames, ranks: ranks) }
    return (0..<ranks).map { tree.names(ofRank: $0, ranks: ranks).count }.max() ?? 0
  }

  /// Begins a step's batch; one after the run's last has no names.
  func begin(_ step: Int) {
    self.step = step
    (drawn, copied, positions, size) = (0, 0, 0, 0)
    guard step < ramp.steps else { return }
    part = ramp.part(of: step)
    size = slots[part].count
  }

  /// Goes on until `done` of `shares` equal parts of the work are done, of which drawing is the first half.
  ///
  /// - Returns: whether this call has finished the batch.
  func advance(to done: Int, of shares: Int) -> Bool {
    let target = 2 * size * done / shares
    if drawn < min(target, size) {
      let own = drawn..<min(target, size)
      sampler.names(
        from: ramp.firstSample(of: step) + slots[part].lowerBound + drawn,
        into: UnsafeMutableBufferPointer(rebasing: indices.buffer[own]))
      drawn = own.upperBound
      if drawn == size { sorter.sort(UnsafeMutableBufferPointer(rebasing: indices.buffer[..<size])) }
    }
    guard copied < target - size else { return false }
    let own = copied..<target - size
    positions += names.copy(UnsafeBufferPointer(rebasing: indices.buffer[own]), to: batch.pointer + copied)
    cuts[part].count(own, of: batch.pointer)
    copied = own.upperBound
    guard copied == size else { return false }
    if trees == nil { cuts[part].balance() }
    rows = countRows()
    return true
  }

  /// Does all of a step's batch.
  ///
  /// - Returns: whether it has names.
  @discardableResult
  func finish(_ step: Int) -> Bool {
    begin(step)
    return advance(to: 1, of: 1)
  }

  /// What a rank has of the batch, once it is finished and until the next one begins.
  func share(of rank: Int) -> BatchShare {
    let own = trees?[part].names(ofRank: rank, ranks: ranks) ?? cuts[part][rank]
    return BatchShare(
      facts: .init(step: step, part: part, positions: positions, rows: rows),
      names: UnsafeBufferPointer(rebasing: batch.buffer[own]))
  }

  private func countRows() -> RowCounts {
    let cuts = cuts[part]
    guard let tree = trees?[part] else { return cuts.rows() }
    var rows = RowCounts(whole: cuts.rows(0..<tree.batch))
    for rank in 0..<ranks {
      var own = 0
      for leaf in tree.leaves(rank: rank, ranks: ranks) { own += cuts.rows(tree.names(of: leaf)) }
      rows.sum += own
      rows.largest = max(rows.largest, own)
    }
    return rows
  }
}

/// A step's batch as one rank sees it.
struct BatchShare {
  var facts: Facts
  /// This rank's, sorted.
  var names: UnsafeBufferPointer<Name>

  /// What every rank knows of the whole batch.
  struct Facts: BitwiseCopyable {
    var step: Int
    /// Of the run.
    var part: Int
    /// Predicted positions of the GLOBAL batch: what every rank divides by, worked out without communication. A mean
    /// of the ranks' own means would weigh short names' ranks too much.
    var positions: Int
    var rows: RowCounts
  }
}

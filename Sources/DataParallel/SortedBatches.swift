import GPT

/// A run's batches, drawn whole and one at a time: for what works out what shards of them come to, and trains nothing.
public final class SortedBatches {
  private let sampler: BatchSampler
  private let table: NameTable
  /// (B) each.
  private let indices: AlignedBuffer<UInt32>
  private let names: AlignedBuffer<Name>

  /// - Parameters:
  ///   - names: the training names.
  ///   - batch: B.
  public init(seed: UInt64, names: NameTable, batch: Int) {
    sampler = BatchSampler(seed: seed, names: names.count, batch: batch)
    table = names
    indices = AlignedBuffer(zeros: batch)
    self.names = AlignedBuffer(zeros: batch)
  }

  /// (B), sorted: the names of a step. Until the next ones are asked for.
  public func names(of step: Int) -> UnsafePointer<Name> {
    sampler.sortedBatch(step: step, into: indices.buffer)
    table.copy(UnsafeBufferPointer(indices.buffer), to: names.pointer)
    return UnsafePointer(names.pointer)
  }
}

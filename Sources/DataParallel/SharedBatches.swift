import CSIMD
import GPT
import MPI

/// Memory in which the ranks of a host leave each other their shares of coming batches.
///
/// Twice a round's: one half is read while the other is written.
public final class SharedBatches {
  /// Ranks that draw: those of the host, or as many as there is memory for. As many steps make a round.
  let drawing: Int
  /// Of this rank among them; nil where it draws none.
  let member: Int?
  private let rank, ranks: Int
  /// Bytes of a share, and of a batch.
  private let shareSize, batchSize: Int
  private var window: SharedWindow<UInt8>?
  /// Of each rank that draws: two batches.
  private let memory: [UnsafeMutableRawPointer]

  /// Before a share's names, in a line of its own.
  private struct Header: BitwiseCopyable {
    var facts: BatchShare.Facts
    var count: Int
  }

  /// Of a host. Past it fewer ranks draw: batches are so large then that drawing one is a small part of a step.
  private static let mostBytes = 1 << 24

  /// Collective over the host.
  ///
  /// - Parameters:
  ///   - capacity: the most names that a rank has of a batch.
  ///   - rank, ranks: this one, and N, of all hosts.
  /// - Throws: `MPIError` of class `.noMemory` on all ranks of the host, which then holds nothing, where there is no
  ///   room.
  init(capacity: Int, rank: Int, ranks: Int, host: Communicator) throws(MPIError) {
    (self.rank, self.ranks) = (rank, ranks)
    shareSize = Self.shareSize(capacity: capacity)
    batchSize = ranks * shareSize
    drawing = Self.drawing(batchSize: batchSize, ranksOfHost: host.size)
    member = host.rank < drawing ? host.rank : nil
    let window = try SharedWindow<UInt8>(on: host, count: member == nil ? 0 : 2 * batchSize, alignment: Self.line)
    memory = (0..<drawing).compactMap { UnsafeMutableRawPointer(window.segment(of: $0).baseAddress) }
    self.window = consume window
  }

  /// No two ranks read, and none writes while another reads, a pair of lines.
  private static let line = 2 * CacheLine.bytes

  private static func shareSize(capacity: Int) -> Int {
    (CacheLine.bytes + capacity * MemoryLayout<Name>.stride + line - 1) / line * line
  }

  private static func drawing(batchSize: Int, ranksOfHost: Int) -> Int {
    min(ranksOfHost, max(1, mostBytes / (2 * batchSize)))
  }

  /// Bytes of shared memory that a host needs.
  ///
  /// - Parameters: as the initialiser takes them.
  static func bytes(capacity: Int, ranks: Int, ranksOfHost: Int) -> Int {
    let batchSize = ranks * shareSize(capacity: capacity)
    let page = 4096
    return drawing(batchSize: batchSize, ranksOfHost: ranksOfHost) * (2 * batchSize + page)
  }

  private func share(_ index: Int, half: Int, rank: Int) -> UnsafeMutableRawPointer {
    memory[index] + half * batchSize + rank * shareSize
  }

  /// Leaves every rank its share of a batch that this rank has drawn for a half's round.
  func leave(_ draft: BatchDraft, half: Int) {
    guard let member else { return }
    for rank in 0..<ranks {
      let (memory, share) = (share(member, half: half, rank: rank), draft.share(of: rank))
      memory.storeBytes(of: Header(facts: share.facts, count: share.names.count), as: Header.self)
      UnsafeMutableRawBufferPointer(start: memory + CacheLine.bytes, count: shareSize - CacheLine.bytes)
        .copyMemory(from: UnsafeRawBufferPointer(share.names))
    }
  }

  /// This rank's share of the batch that a rank has drawn for a half's round. The half may be written again once all
  /// ranks have done with it.
  func take(_ index: Int, half: Int) -> BatchShare {
    let memory = share(index, half: half, rank: rank)
    let header = memory.load(as: Header.self)
    let names = (memory + CacheLine.bytes).assumingMemoryBound(to: Name.self)
    return BatchShare(facts: header.facts, names: UnsafeBufferPointer(start: names, count: header.count))
  }

  /// Asks for the first lines of what `take` will read.
  func prefetch(_ index: Int, half: Int) {
    let memory = share(index, half: half, rank: rank)
    for line in stride(from: 0, to: min(shareSize, 4 * CacheLine.bytes), by: CacheLine.bytes) {
      csimd_prefetch_to_read(memory + line)
    }
  }

  /// Frees the memory. Collective over the host.
  public func close() throws(MPIError) { try window.take()?.free() }
}

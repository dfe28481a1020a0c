import CSIMD
import GPT
import MPI

/// Memory in which the ranks of a host leave each other their shares of coming batches.
///
/// Twice a round's: one half is read while the other is written.
public final class SharedBatches {
  /// Of this rank among those that draw; nil where it draws none.
  let member: Int?
  private let rank: Int
  private let layout: Layout
  private var window: SharedWindow<UInt8>?
  /// Of each rank that draws: two batches.
  private let memory: [UnsafeMutableRawPointer]

  /// Ranks that draw, of as many steps in a round.
  var drawing: Int { layout.drawing }

  /// Sizes in bytes.
  struct Layout {
    /// No two ranks read, and none writes while another reads, a pair of lines.
    static let line = 2 * CacheLine.bytes
    /// Of a host. Past it fewer ranks draw: batches are so large then that drawing one is a small part of a step.
    private static let most = 1 << 24

    /// N, of all hosts.
    let ranks: Int
    let share: Int
    /// Ranks that draw: those of the host, or as many as there is memory for.
    let drawing: Int

    /// Of a batch.
    var batch: Int { ranks * share }
    /// Of a rank that draws.
    var member: Int { 2 * batch }

    /// - Parameter capacity: the most names that a rank has of a batch.
    init(capacity: Int, ranks: Int, ranksOfHost: Int) {
      self.ranks = ranks
      share = (CacheLine.bytes + capacity * MemoryLayout<Name>.stride + Self.line - 1) / Self.line * Self.line
      drawing = min(ranksOfHost, max(1, Self.most / (2 * ranks * share)))
    }

    /// Bytes that a host needs, each member's in pages of its own.
    var host: Int { drawing * (member + HostWindow.page) }
  }

  /// Before a share's names, in a line of its own.
  private struct Header: BitwiseCopyable {
    var facts: BatchShare.Facts
    var count: Int
  }

  /// Collective over the host.
  ///
  /// - Parameter rank: this one, of all hosts.
  /// - Throws: `MPIError` of class `.noMemory` on all ranks of the host, which then holds nothing, where there is no
  ///   room.
  convenience init(_ layout: Layout, rank: Int, host: Communicator) throws(MPIError) {
    let member = host.rank < layout.drawing ? host.rank : nil
    let window = try SharedWindow<UInt8>(on: host, count: member == nil ? 0 : layout.member, alignment: Layout.line)
    let memory = (0..<layout.drawing).compactMap { UnsafeMutableRawPointer(window.segment(of: $0).baseAddress) }
    self.init(layout, rank: rank, member: member, memory: memory)
    self.window = consume window
  }

  /// - Parameter memory: of each rank that draws, (`Layout.member`), which must outlive this.
  init(_ layout: Layout, rank: Int, member: Int?, memory: [UnsafeMutableRawPointer]) {
    (self.layout, self.rank, self.member, self.memory) = (layout, rank, member, memory)
  }

  private func share(_ index: Int, half: Int, rank: Int) -> UnsafeMutableRawPointer {
    memory[index] + half * layout.batch + rank * layout.share
  }

  /// Leaves every rank its share of a batch that this rank has drawn for a half's round.
  func leave(_ draft: BatchDraft, half: Int) {
    guard let member else { return }
    for rank in 0..<layout.ranks {
      let (memory, share) = (share(member, half: half, rank: rank), draft.share(of: rank))
      memory.storeBytes(of: Header(facts: share.facts, count: share.names.count), as: Header.self)
      UnsafeMutableRawBufferPointer(start: memory + CacheLine.bytes, count: layout.share - CacheLine.bytes)
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
    for line in stride(from: 0, to: min(layout.share, 4 * CacheLine.bytes), by: CacheLine.bytes) {
      csimd_prefetch_to_read(memory + line)
    }
  }

  /// Frees the memory. Collective over the host.
  public func close() throws(MPIError) { try window.take()?.free() }
}

internal import CMPI
import Glibc

/// Memory that all ranks of one host read and write directly.
///
/// Each rank has a segment of its own, and every rank can reach every segment:
///
///     local = segment(of: rank),   segment(of: r) is the same memory on every rank, at other addresses
///
/// Writes of one rank are for the others to see after a ``barrier()``, or after any other synchronisation that
/// orders memory: a release store and an acquire load of an atomic in the window. Meanwhile two ranks must not touch one element if either writes it.
///
/// - Source: MPI 3.1, §11.2.3 Window That Allocates Shared Memory.
public struct SharedWindow<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  // Unchecked because of the pointers: the memory is shared with other processes anyway, and the order of its
  // accesses is the program's matter, between threads as between ranks.
  private var window: MPI_Win?
  /// What a process that is alone has instead of a window.
  private var ownMemory: UnsafeMutableRawPointer?
  private let segments: [UnsafeMutableBufferPointer<Element>]

  /// The ranks that share the window. It must outlive the window.
  public let communicator: Communicator

  /// Allocates the window, all bytes zero. Collective.
  ///
  /// Where memory is near to some cores and far from others, a page lies with the rank that touches it first.
  ///
  /// - Parameters:
  ///   - communicator: ranks of one host, as ``Communicator/splitShared()`` gives them.
  ///   - count: the size of this rank's segment, in elements; it may differ between ranks and may be 0.
  ///   - alignment: in bytes, a power of two from the element's own alignment to a page. The default is a
  ///     cache line, so that no line has elements of two ranks.
  ///   - touched: whether each rank touches its whole segment now. False leaves that to ``provide(_:)``: for a
  ///     segment that several ranks write.
  /// - Throws: `.argument` for a negative count or an alignment out of range; `.notShareable` for ranks of
  ///   several hosts; `.internal` if /dev/shm has no room for the file; `.noMemory` on all ranks, and no window is
  ///   left, where it has none for what is in it.
  /// - Source: MPI 3.1, §11.2.3 MPI_Win_allocate_shared, MPI_Win_shared_query; §11.5.3 MPI_Win_lock_all.
  public init(on communicator: Communicator, count: Int, alignment: Int = 64, touched: Bool = true) throws(MPIError) {
    let function: StaticString = "MPI_Win_allocate_shared"
    let page = sysconf(CInt(_SC_PAGESIZE))
    try require(
      alignment >= MemoryLayout<Element>.alignment && alignment <= page && alignment & (alignment - 1) == 0,
      .argument, in: function,
      "alignment \(alignment) is no power of two from \(MemoryLayout<Element>.alignment) to \(page)")
    // Open MPI aligns to 8 bytes only. Slack makes room to begin at the next multiple.
    let (payload, tooLarge) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    try require(
      count >= 0 && !tooLarge && payload <= Int.max - alignment, .argument, in: function,
      "\(count) elements of \(MemoryLayout<Element>.stride) bytes")

    guard let handle = communicator.handle else {
      let memory = try Self.zeros(payload, alignment)
      (self.window, ownMemory) = (nil, memory)
      segments = [.init(start: memory.bindMemory(to: Element.self, capacity: count), count: count)]
      self.communicator = communicator
      return
    }
    var base: UnsafeMutableRawPointer?
    var window: MPI_Win? = cmpi_win_null()
    try check(
      MPI_Win_allocate_shared(payload + alignment, 1, cmpi_info_null(), handle, &base, &window), function: function)
    try check(MPI_Win_set_errhandler(window, cmpi_errors_return()), function: "MPI_Win_set_errhandler")

    guard let base else { throw MPIError(.buffer, in: function, "no memory came back") }
    let address = Int(bitPattern: base)
    let offset = (address + alignment - 1) & ~(alignment - 1)
    // Before the gather, so before any other rank can write here. Memory that ranks share is a new file's zero pages;
    // a single rank's is the allocator's.
    if communicator.size == 1 { memset(base, 0, payload + alignment) }
    let refusal = touched ? provideNew(.init(start: base, count: payload + alignment)) : 0

    // Each rank maps a segment at an address of its own, so where the aligned part begins is for the owner to
    // say, in bytes from the segment's base; no other rank may work it out from the address it sees.
    let published = try communicator.allGather((offset: offset - address, count: count, refusal: Int(refusal)))
    if let failure = Self.failure(published.map { $0.refusal }) {
      try check(MPI_Win_free(&window), function: "MPI_Win_free")
      throw failure
    }
    let segments = try Self.segments(of: window, published: published, alignment: alignment)

    // One passive epoch for the window's life: direct access needs no other calls, and MPI_Win_sync needs it.
    try check(MPI_Win_lock_all(MPI_MODE_NOCHECK, window), function: "MPI_Win_lock_all")
    try Self.barrier(window, communicator)  // every rank sees every segment zero

    self.window = window
    ownMemory = nil
    self.segments = segments
    self.communicator = communicator
  }

  private static func zeros(_ bytes: Int, _ alignment: Int) throws(MPIError) -> UnsafeMutableRawPointer {
    var memory: UnsafeMutableRawPointer?
    // What the C library asks for, a pointer's size at least.
    let refusal = posix_memalign(&memory, max(alignment, MemoryLayout<Int>.size), max(bytes, 1))
    guard refusal == 0, let memory else { throw MPIError(.noMemory, in: "posix_memalign", "\(bytes) bytes") }
    memset(memory, 0, bytes)
    return memory
  }

  /// Makes the pages of parts of segments real, near to this rank: all of it zero. Collective, before anything is
  /// written there: each rank brings parts of its own, or none.
  ///
  /// Open MPI's file is sparse. A page that has none behind it is only missed when it is touched, and where the file
  /// system is full by then the signal SIGBUS ends the process.
  ///
  /// - Throws: `.noMemory` on all ranks where there is no room for one.
  public func provide(_ parts: [(rank: Int, part: Range<Int>)]) throws(MPIError) {
    var refusal: CInt = 0
    for (rank, part) in parts where refusal == 0 {
      refusal = provideNew(.init(UnsafeMutableBufferPointer(rebasing: segments[rank][part])))
    }
    if let failure = Self.failure(try communicator.allGather(Int(refusal))) { throw failure }
  }

  /// What `provide` and the initialiser throw on all ranks, where a rank's memory could not be made real.
  ///
  /// - Parameter refusals: of each rank: 0, or the system's error.
  private static func failure(_ refusals: [Int]) -> MPIError? {
    guard let rank = refusals.firstIndex(where: { $0 != 0 }) else { return nil }
    // EFAULT is what the system says for a page that would be a SIGBUS.
    let reason = refusals[rank] == Int(EFAULT) ? ENOSPC : CInt(refusals[rank])
    return MPIError(
      .noMemory, in: "MPI_Win_allocate_shared", "memory that rank \(rank) shares: \(String(cString: strerror(reason)))")
  }

  /// This rank's own segment.
  public var local: UnsafeMutableBufferPointer<Element> { segments[communicator.rank] }

  /// The segment of `rank`, 0 ..< communicator.size. Valid until the window is freed.
  public func segment(of rank: Int) -> UnsafeMutableBufferPointer<Element> { segments[rank] }

  /// What any rank wrote before it, every rank sees after it. Collective.
  ///
  /// - Source: MPI 3.1, §11.5.4: MPI_Win_sync, a barrier, MPI_Win_sync.
  public func barrier() throws(MPIError) { try Self.barrier(window, communicator) }

  private static func barrier(_ window: MPI_Win?, _ communicator: Communicator) throws(MPIError) {
    guard window != nil else { return }  // alone
    try check(MPI_Win_sync(window), function: "MPI_Win_sync")
    try communicator.barrier()
    try check(MPI_Win_sync(window), function: "MPI_Win_sync")
  }

  /// Frees the window, once. Collective: it waits for every rank, and its pointers are invalid afterwards.
  ///
  /// - Source: MPI 3.1, §11.2.5 MPI_Win_free.
  public consuming func free() throws(MPIError) {
    var window = self.window
    self.window = nil  // the deinit that follows finds nothing to do but to free a lone process's memory
    guard window != nil else { return }
    try check(MPI_Win_unlock_all(window), function: "MPI_Win_unlock_all")
    try check(MPI_Win_free(&window), function: "MPI_Win_free")
  }

  /// Frees a window that only one rank uses, and no other: freeing waits for every rank, and one that drops
  /// its window is most likely on its way out with an error, which would then hang here unseen. The memory
  /// itself goes with the last process.
  deinit {
    Glibc.free(ownMemory)
    var window = self.window
    guard window != nil, communicator.size == 1, isRunning() else { return }
    MPI_Win_unlock_all(window)
    MPI_Win_free(&window)
  }

  /// Where this process sees every rank's aligned segment.
  ///
  /// - Parameter published: (N): each rank's offset in bytes and its count in elements.
  /// - Throws: `.buffer` if the system mapped a segment so that it is not aligned here.
  private static func segments(
    of window: MPI_Win?, published: [(offset: Int, count: Int, refusal: Int)], alignment: Int
  ) throws(MPIError) -> [UnsafeMutableBufferPointer<Element>] {
    let function: StaticString = "MPI_Win_shared_query"
    var segments: [UnsafeMutableBufferPointer<Element>] = []
    for (rank, (offset, count, _)) in published.enumerated() {
      var bytes: MPI_Aint = 0
      var unit: CInt = 0
      var base: UnsafeMutableRawPointer?
      try check(MPI_Win_shared_query(window, CInt(rank), &bytes, &unit, &base), function: function)
      guard let start = base?.advanced(by: offset) else {
        throw MPIError(.buffer, in: function, "rank \(rank) has no memory")
      }
      try require(
        Int(bitPattern: start) % alignment == 0, .buffer, in: function,
        "rank \(rank)'s segment is not aligned to \(alignment) bytes here")
      segments.append(
        UnsafeMutableBufferPointer(start: start.bindMemory(to: Element.self, capacity: count), count: count))
    }
    return segments
  }
}

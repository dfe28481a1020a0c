internal import CMPI

/// A group of ranks that talk to each other: what every operation of this module is called on.
///
/// A view: copying it copies a handle, and nothing is freed when it goes. The world is one for the program's
/// life; the one of an ``OwnedCommunicator`` must not be used after its owner.
///
/// Unless a function says otherwise it is collective: every rank of the communicator must call it, in the same
/// order and with matching arguments.
///
/// - Source: MPI 3.1, §6.2.3 Intra-Communicators.
public struct Communicator: @unchecked Sendable {
  // Unchecked because a pointer is never Sendable. The handle never changes; which thread may use it when is
  // the thread level's matter. A process that is alone has none, and never calls MPI.
  let handle: MPI_Comm?

  /// This process's place in the communicator, 0 ..< `size`.
  public let rank: Int

  /// The number of ranks.
  public let size: Int

  /// Reads rank and size, once.
  ///
  /// - Source: MPI 3.1, §6.4.1 Communicator Accessors.
  init(handle: MPI_Comm) throws(MPIError) {
    var rank: CInt = 0
    var size: CInt = 0
    try check(MPI_Comm_rank(handle, &rank), function: "MPI_Comm_rank")
    try check(MPI_Comm_size(handle, &size), function: "MPI_Comm_size")
    self.handle = handle
    self.rank = Int(rank)
    self.size = Int(size)
  }

  private init() { (handle, rank, size) = (nil, 0, 1) }

  /// Whether no launcher started this process: it is then the one rank of a world without MPI.
  public var isAlone: Bool { handle == nil }

  /// A process that no launcher started: rank 0 of 1, without MPI.
  public static let alone = Communicator()

  /// Returns on no rank before all have called it. It orders messages, not the memory of a shared window:
  /// that is ``SharedWindow/barrier()``.
  ///
  /// - Source: MPI 3.1, §5.3 Barrier Synchronization.
  public func barrier() throws(MPIError) {
    try call("MPI_Barrier") { MPI_Barrier($0) }
  }
}

extension Communicator {
  /// Every collective passes through here.
  ///
  /// - Parameters:
  ///   - call: the call of MPI, with this communicator's handle.
  ///   - alone: what the collective comes to where there is one rank and no MPI. Nothing, unless it copies.
  /// - Throws: what the call returned, unless it is `MPI_SUCCESS`.
  @inline(__always)
  func call(
    _ function: StaticString, _ call: (MPI_Comm) throws(MPIError) -> CInt, alone: () -> Void = {}
  ) throws(MPIError) {
    guard let handle else { return alone() }
    try check(try call(handle), function: function)
  }

  /// The handle for a message between two ranks.
  ///
  /// - Throws: `.rank` in a process that is alone: it has nobody to send to.
  @inline(__always)
  func peers(in function: StaticString) throws(MPIError) -> MPI_Comm {
    guard let handle else { throw MPIError(.rank, in: function, "this process is alone") }
    return handle
  }
}

extension Communicator {
  /// Checks that counts are for these ranks, and for all elements of a buffer.
  func require(_ counts: RankCounts, of total: Int, in function: StaticString) throws(MPIError) {
    try MPI.require(counts.ranks == size, .count, in: function, "\(counts.ranks) counts for \(size) ranks")
    try MPI.require(
      total == counts.total, .count, in: function,
      "the buffer has \(total) elements and the counts sum to \(counts.total)")
  }

  /// A rank of this communicator as MPI wants it.
  ///
  /// MPI would check it too, but takes some negative numbers for "any rank" or "no rank".
  ///
  /// - Throws: `errorClass` for a rank outside the communicator.
  @inline(__always)
  func member(
    _ rank: Int, in function: StaticString, or errorClass: ErrorClass = .rank
  ) throws(MPIError) -> CInt {
    try MPI.require(
      rank >= 0 && rank < size, errorClass, in: function, "there is no rank \(rank) among \(size)")
    return CInt(truncatingIfNeeded: rank)
  }
}

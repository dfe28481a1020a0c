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
  // the thread level's matter.
  let handle: MPI_Comm

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

  /// Returns on no rank before all have called it. It orders messages, not the memory of a shared window:
  /// that is ``SharedWindow/barrier()``.
  ///
  /// - Source: MPI 3.1, §5.3 Barrier Synchronization.
  public func barrier() throws(MPIError) {
    try check(MPI_Barrier(handle), function: "MPI_Barrier")
  }
}

extension Communicator {
  /// A rank of this communicator as MPI wants it.
  ///
  /// MPI would check it too, but takes some negative numbers for "any rank" or "no rank".
  ///
  /// - Throws: `errorClass` for a rank outside the communicator.
  @inline(__always)
  func member(
    _ rank: Int, in function: StaticString, or errorClass: ErrorClass = .rank
  ) throws(MPIError) -> CInt {
    try require(
      rank >= 0 && rank < size, errorClass, in: function, "there is no rank \(rank) among \(size)")
    return CInt(truncatingIfNeeded: rank)
  }
}

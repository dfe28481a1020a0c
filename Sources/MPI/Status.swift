internal import CMPI

/// What a receive or a probe found.
///
/// - Source: MPI 3.1, §3.2.5 Return Status.
public struct Status: Sendable, Equatable {
  /// The sender's rank. Means nothing for a collective.
  public let source: Int

  /// The message's tag. Means nothing for a collective.
  public let tag: Int

  /// The number of elements that came, which may be fewer than the buffer holds.
  public let count: Int

  /// Of an operation that concerned no other rank.
  static let empty = Status()
  private init() { (source, tag, count) = (0, 0, 0) }

  /// - Throws: `.count` when the message is no whole number of elements.
  init(_ status: MPI_Status, of datatype: Datatype) throws(MPIError) {
    var status = status
    var count: CInt = 0
    try check(MPI_Get_count(&status, datatype.handle, &count), function: "MPI_Get_count")
    try require(
      count != MPI_UNDEFINED, .count, in: "MPI_Get_count",
      "the message from rank \(status.MPI_SOURCE) is no whole number of elements of the type asked for")
    source = Int(status.MPI_SOURCE)
    tag = Int(status.MPI_TAG)
    self.count = Int(count)
  }
}

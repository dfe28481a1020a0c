internal import CMPI

/// A communicator that this process made, and frees.
///
/// ```swift
/// let node = try world.splitShared()
/// try node.communicator.barrier()
/// try node.free()
/// ```
///
/// - Source: MPI 3.1, §6.4.2 Communicator Constructors, §6.4.3 Communicator Destructors.
public struct OwnedCommunicator: ~Copyable, Sendable {
  /// The view to work with. It must not outlive this owner.
  public let communicator: Communicator

  /// This process's place in the communicator, 0 ..< `size`.
  public var rank: Int { communicator.rank }

  /// The number of ranks.
  public var size: Int { communicator.size }

  /// Takes over a new handle and makes its calls return their errors.
  init(adopting handle: MPI_Comm) throws(MPIError) {
    // Inherited from the parent in Open MPI; the standard promises it for duplicates only.
    try check(MPI_Comm_set_errhandler(handle, cmpi_errors_return()), function: "MPI_Comm_set_errhandler")
    communicator = try Communicator(handle: handle)
  }

  /// The one rank of a process that is alone, of whatever communicator it asks for.
  init() { communicator = .alone }

  /// Frees the communicator. Collective.
  ///
  /// - Source: MPI 3.1, §6.4.3 MPI_Comm_free.
  public consuming func free() throws(MPIError) {
    var handle = communicator.handle
    discard self
    guard handle != nil else { return }
    try check(MPI_Comm_free(&handle), function: "MPI_Comm_free")
  }

  /// Frees what was not freed. The standard expects this call to be local, and in Open MPI it is, so a rank
  /// that leaves with an error does not wait here for the others.
  deinit {
    var handle = communicator.handle
    guard handle != nil, isRunning() else { return }
    MPI_Comm_free(&handle)
  }
}

extension Communicator {
  /// Divides the ranks: those that give the same color share a new communicator.
  ///
  /// - Parameter color: 0 or more, the same on all ranks of a part, which keep their order; `nil` for a rank that
  ///   joins none.
  /// - Returns: this rank's part, or `nil` if `color` was `nil`.
  /// - Throws: `.argument` for a negative color.
  /// - Source: MPI 3.1, §6.4.2 MPI_Comm_split.
  public func split(color: Int?) throws(MPIError) -> OwnedCommunicator? {
    let function: StaticString = "MPI_Comm_split"
    var part = MPI_UNDEFINED
    if let color {
      guard let fitting = CInt(exactly: color), fitting >= 0 else {
        throw MPIError(.argument, in: function, "color \(color) is not in 0…\(CInt.max)")
      }
      part = fitting
    }
    guard let handle else { return color == nil ? nil : OwnedCommunicator() }
    var new: MPI_Comm? = cmpi_comm_null()
    try check(MPI_Comm_split(handle, part, 0, &new), function: function)
    guard let new, new != cmpi_comm_null() else { return nil }
    return try OwnedCommunicator(adopting: new)
  }

  /// The ranks that can share memory with this one: those on its host, in the order they have here.
  ///
  /// - Source: MPI 3.1, §6.4.2 MPI_Comm_split_type with MPI_COMM_TYPE_SHARED.
  public func splitShared() throws(MPIError) -> OwnedCommunicator {
    guard let handle else { return OwnedCommunicator() }
    var new: MPI_Comm? = cmpi_comm_null()
    try check(
      MPI_Comm_split_type(handle, CInt(MPI_COMM_TYPE_SHARED), 0, cmpi_info_null(), &new),
      function: "MPI_Comm_split_type")
    guard let new, new != cmpi_comm_null() else {
      throw MPIError(.communicator, in: "MPI_Comm_split_type", "no communicator came back")
    }
    return try OwnedCommunicator(adopting: new)
  }
}

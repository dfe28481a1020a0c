internal import CMPI

// Messages between two ranks. Not collective. Ranks outside the communicator throw `.rank`, tags that are
// negative or above the library's limit throw `.tag`; where a source or a tag may be `nil`, `nil` means any.

extension Communicator {
  /// Sends a message and returns when `buffer` may be used again, which may be before it is received.
  ///
  /// - Parameters:
  ///   - buffer: (n), at most as many elements as the receiver has room for.
  ///   - destination: the receiver's rank.
  ///   - tag: 0 or more; the receiver can select by it.
  /// - Source: MPI 3.1, §3.2.1 MPI_Send.
  public func send<T: MPIScalar>(
    _ buffer: UnsafeBufferPointer<T>, to destination: Int, tag: Int = 0
  ) throws(MPIError) {
    let function: StaticString = "MPI_Send"
    try check(
      MPI_Send(
        buffer.baseAddress, try elements(buffer.count, in: function), T.datatype.handle,
        try member(destination, in: function), try tagArgument(tag, in: function), try peers(in: function)),
      function: function)
  }

  /// Waits for a message and receives it.
  ///
  /// - Parameters:
  ///   - buffer: room for the message. Its first `count` elements are overwritten.
  ///   - source: the sender's rank, or `nil` for any.
  ///   - tag: the message's tag, or `nil` for any.
  /// - Returns: where it came from and how many elements it had.
  /// - Throws: `.truncated` when the message is longer than the buffer; the buffer's content is then undefined.
  /// - Source: MPI 3.1, §3.2.4 MPI_Recv.
  @discardableResult
  public func receive<T: MPIScalar>(
    into buffer: UnsafeMutableBufferPointer<T>, from source: Int? = nil, tag: Int? = nil
  ) throws(MPIError) -> Status {
    let function: StaticString = "MPI_Recv"
    var status = MPI_Status()
    try check(
      MPI_Recv(
        buffer.baseAddress, try elements(buffer.count, in: function), T.datatype.handle,
        try sender(source, in: function), try selectorArgument(tag, in: function), try peers(in: function), &status),
      function: function)
    return try Status(status, of: T.datatype)
  }

  /// Waits until a message has come, and leaves it there.
  ///
  /// - Parameters:
  ///   - type: what its elements are to be counted as.
  ///   - source: the sender's rank, or `nil` for any.
  ///   - tag: the message's tag, or `nil` for any.
  /// - Source: MPI 3.1, §3.8.1 MPI_Probe.
  public func probe<T: MPIScalar>(
    for type: T.Type, from source: Int? = nil, tag: Int? = nil
  ) throws(MPIError) -> Status {
    let function: StaticString = "MPI_Probe"
    var status = MPI_Status()
    try check(
      MPI_Probe(
        try sender(source, in: function), try selectorArgument(tag, in: function), try peers(in: function), &status),
      function: function)
    return try Status(status, of: T.datatype)
  }

  /// What message has come, or `nil` if none has yet.
  ///
  /// - Source: MPI 3.1, §3.8.1 MPI_Iprobe.
  public func probeNow<T: MPIScalar>(
    for type: T.Type, from source: Int? = nil, tag: Int? = nil
  ) throws(MPIError) -> Status? {
    let function: StaticString = "MPI_Iprobe"
    var status = MPI_Status()
    var found: CInt = 0
    try check(
      MPI_Iprobe(
        try sender(source, in: function), try selectorArgument(tag, in: function), try peers(in: function), &found,
        &status),
      function: function)
    return found == 0 ? nil : try Status(status, of: T.datatype)
  }

  /// Sends an array.
  ///
  /// - Source: MPI 3.1, §3.2.1 MPI_Send.
  public func send<T: MPIScalar>(_ values: [T], to destination: Int, tag: Int = 0) throws(MPIError) {
    try values.withUnsafeBufferPointer { buffer throws(MPIError) in
      try send(buffer, to: destination, tag: tag)
    }
  }

  /// Waits for a message of any length and returns its elements.
  ///
  /// Only one thread may receive on this communicator meanwhile: another could take the message between the
  /// probe and the receive.
  ///
  /// - Source: MPI 3.1, §3.8.1 MPI_Probe, then §3.2.4 MPI_Recv.
  public func receive<T: MPIScalar>(
    _ type: T.Type, from source: Int? = nil, tag: Int? = nil
  ) throws(MPIError) -> (values: [T], status: Status) {
    let found = try probe(for: type, from: source, tag: tag)
    var values = [T](repeating: T(), count: found.count)
    let status = try values.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      try receive(into: buffer, from: found.source, tag: found.tag)
    }
    return (values, status)
  }
}

extension Communicator {
  /// A source to receive from: `nil` is any.
  @inline(__always)
  func sender(_ source: Int?, in function: StaticString) throws(MPIError) -> CInt {
    guard let source else { return MPI_ANY_SOURCE }
    return try member(source, in: function)
  }
}

/// A tag to select by: `nil` is any.
@inline(__always)
func selectorArgument(_ tag: Int?, in function: StaticString) throws(MPIError) -> CInt {
  guard let tag else { return MPI_ANY_TAG }
  try require(tag >= 0, .tag, in: function, "\(tag) is no tag")
  return try tagArgument(tag, in: function)
}

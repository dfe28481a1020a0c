internal import CMPI

// Messages between two ranks. Not collective. Ranks outside the communicator throw `.rank`, tags that are negative or
// above the library's limit throw `.tag`. A message goes as the bytes of its elements: sender and receiver must name
// the same type.

extension Communicator {
  /// Sends a message and returns when `buffer` may be used again, which may be before it is received.
  ///
  /// - Parameters:
  ///   - buffer: (n), at most as many elements as the receiver has room for.
  ///   - destination: the receiver's rank.
  ///   - tag: 0 or more; the receiver selects by it.
  /// - Source: MPI 3.1, §3.2.1 MPI_Send.
  public func send<T: BitwiseCopyable>(
    _ buffer: UnsafeBufferPointer<T>, to destination: Int, tag: Int = 0
  ) throws(MPIError) {
    let function: StaticString = "MPI_Send"
    try check(
      MPI_Send(
        buffer.baseAddress, try bytes(buffer, in: function), cmpi_byte(), try member(destination, in: function),
        try tagArgument(tag, in: function), try peers(in: function)),
      function: function)
  }

  /// Waits for a message that fills `buffer`, and receives it.
  ///
  /// - Parameters:
  ///   - buffer: overwritten.
  ///   - source: the sender's rank.
  ///   - tag: the message's.
  /// - Throws: `.truncated` for a longer message, `.count` for a shorter one; the buffer's content is then undefined.
  /// - Source: MPI 3.1, §3.2.4 MPI_Recv.
  public func receive<T: BitwiseCopyable>(
    into buffer: UnsafeMutableBufferPointer<T>, from source: Int, tag: Int = 0
  ) throws(MPIError) {
    let function: StaticString = "MPI_Recv"
    let expected = try bytes(UnsafeBufferPointer(buffer), in: function)
    var status = MPI_Status()
    try check(
      MPI_Recv(
        buffer.baseAddress, expected, cmpi_byte(), try member(source, in: function),
        try tagArgument(tag, in: function), try peers(in: function), &status),
      function: function)
    var count: CInt = 0
    try check(MPI_Get_count(&status, cmpi_byte(), &count), function: "MPI_Get_count")
    try MPI.require(
      count == expected, .count, in: function, "the message has \(count) bytes and the buffer \(expected)")
  }

  /// Sends one value.
  public func send<T: BitwiseCopyable>(_ value: T, to destination: Int, tag: Int = 0) throws(MPIError) {
    try withUnsafePointer(to: value) { pointer throws(MPIError) in
      try send(UnsafeBufferPointer(start: pointer, count: 1), to: destination, tag: tag)
    }
  }

  /// Waits for one value.
  public func receive<T: BitwiseCopyable>(_ type: T.Type, from source: Int, tag: Int = 0) throws(MPIError) -> T {
    try filled(1) { buffer throws(MPIError) in try receive(into: buffer, from: source, tag: tag) }[0]
  }

  /// Sends any number of bytes, of which the receiver learns by `pendingMessage`.
  public func send(bytes: [UInt8], to destination: Int, tag: Int = 0) throws(MPIError) {
    try bytes.withUnsafeBufferPointer { buffer throws(MPIError) in try send(buffer, to: destination, tag: tag) }
  }

  /// Waits for a message of so many bytes, as `pendingMessage` has announced it.
  public func receive(bytes: Int, from source: Int, tag: Int = 0) throws(MPIError) -> [UInt8] {
    try filled(bytes) { buffer throws(MPIError) in try receive(into: buffer, from: source, tag: tag) }
  }

  /// Whether a message has come that nobody has received yet. Lets messages under way progress.
  ///
  /// - Parameter tag: the message's, or `nil` for any.
  public func hasMessage(tag: Int? = nil) throws(MPIError) -> Bool { try pendingMessage(tag: tag) != nil }

  /// A message that has come and that nobody has received yet: who sent it, and how long it is. Lets messages under way
  /// progress.
  ///
  /// - Parameter tag: the message's, or `nil` for any.
  /// - Source: MPI 3.1, §3.8.1 MPI_Iprobe.
  public func pendingMessage(tag: Int? = nil) throws(MPIError) -> (source: Int, bytes: Int)? {
    let function: StaticString = "MPI_Iprobe"
    var wanted = MPI_ANY_TAG
    if let tag { wanted = try tagArgument(tag, in: function) }
    var found: CInt = 0
    var status = MPI_Status()
    try check(MPI_Iprobe(MPI_ANY_SOURCE, wanted, try peers(in: function), &found, &status), function: function)
    guard found != 0 else { return nil }
    var count: CInt = 0
    try check(MPI_Get_count(&status, cmpi_byte(), &count), function: "MPI_Get_count")
    return (Int(status.MPI_SOURCE), Int(count))
  }
}

internal import CMPI

/// An operation that was started and goes on while the program does something else.
///
/// Its buffer must stay alive, and must be neither written nor (except by a send) read, until `wait()` has
/// returned or `test()` has given a status. The compiler does not know that: do not start an operation on a
/// buffer that only lives inside a `with…` closure.
///
/// - Source: MPI 3.1, §3.7 Nonblocking Communication.
public struct Request: ~Copyable {
  /// Nil in a process that is alone, where everything is complete at once.
  private var handle: MPI_Request?
  private let datatype: Datatype
  /// Open MPI leaves whatever it likes in the status of a collective.
  private let hasStatus: Bool

  init(_ handle: MPI_Request?, of datatype: Datatype, hasStatus: Bool = true) {
    self.handle = handle
    self.datatype = datatype
    self.hasStatus = hasStatus
  }

  /// Waits until the operation is complete. After a `test()` that gave a status it returns at once, with an
  /// empty status, which is also what a collective gives.
  ///
  /// - Throws: what the operation itself would have thrown, such as `.truncated`.
  /// - Source: MPI 3.1, §3.7.3 MPI_Wait.
  @discardableResult
  public consuming func wait() throws(MPIError) -> Status {
    var handle = self.handle
    let (datatype, hasStatus) = (self.datatype, self.hasStatus)
    discard self
    guard handle != nil else { return .empty }
    var status = MPI_Status()
    try check(MPI_Wait(&handle, &status), function: "MPI_Wait")
    return try Status(hasStatus ? status : MPI_Status(), of: datatype)
  }

  /// Looks whether the operation is complete, and lets it progress: Open MPI moves data only inside its calls.
  ///
  /// - Returns: its status if it is complete, `nil` if not yet.
  /// - Source: MPI 3.1, §3.7.3 MPI_Test.
  public mutating func test() throws(MPIError) -> Status? {
    guard handle != nil else { return .empty }
    var complete: CInt = 0
    var status = MPI_Status()
    try check(MPI_Test(&handle, &complete, &status), function: "MPI_Test")
    return complete == 0 ? nil : try Status(hasStatus ? status : MPI_Status(), of: datatype)
  }

  /// Gives an operation nobody waited for a tenth of a second to complete, then leaves it.
  ///
  /// Such a request is most likely dropped by an error on its way out. Waiting for ever would hide that error
  /// behind a hang, and a collective cannot be cancelled or freed (MPI 3.1, §5.12).
  deinit {
    guard isRunning() else { return }
    var handle = self.handle
    let deadline = MPI_Wtime() + 0.1
    var complete: CInt = 0
    repeat {
      guard MPI_Test(&handle, &complete, cmpi_status_ignore()) == MPI_SUCCESS else { return }
    } while complete == 0 && MPI_Wtime() < deadline
  }
}

extension Communicator {
  /// Starts to send a message. Not collective.
  ///
  /// - Parameters:
  ///   - buffer: (n). Must outlive the request and not be written meanwhile.
  ///   - destination: the receiver's rank.
  ///   - tag: 0 or more.
  /// - Source: MPI 3.1, §3.7.2 MPI_Isend.
  public func isend<T: MPIScalar>(
    _ buffer: UnsafeBufferPointer<T>, to destination: Int, tag: Int = 0
  ) throws(MPIError) -> Request {
    let function: StaticString = "MPI_Isend"
    var request: MPI_Request? = cmpi_request_null()
    try check(
      MPI_Isend(
        buffer.baseAddress, try elements(buffer.count, in: function), T.datatype.handle,
        try member(destination, in: function), try tagArgument(tag, in: function), try peers(in: function), &request),
      function: function)
    return Request(request, of: T.datatype)
  }

  /// Starts to receive a message. Not collective.
  ///
  /// - Parameters:
  ///   - buffer: room for the message. Must outlive the request and not be touched meanwhile.
  ///   - source: the sender's rank, or `nil` for any.
  ///   - tag: the message's tag, or `nil` for any.
  /// - Source: MPI 3.1, §3.7.2 MPI_Irecv.
  public func ireceive<T: MPIScalar>(
    into buffer: UnsafeMutableBufferPointer<T>, from source: Int? = nil, tag: Int? = nil
  ) throws(MPIError) -> Request {
    let function: StaticString = "MPI_Irecv"
    var request: MPI_Request? = cmpi_request_null()
    try check(
      MPI_Irecv(
        buffer.baseAddress, try elements(buffer.count, in: function), T.datatype.handle,
        try sender(source, in: function), try selectorArgument(tag, in: function), try peers(in: function), &request),
      function: function)
    return Request(request, of: T.datatype)
  }

  /// Starts to reduce over the ranks in place, as ``allReduce(inPlace:_:)`` does. Collective; the status means
  /// nothing.
  ///
  /// - Parameters:
  ///   - buffer: (n), the same n on all ranks. Must outlive the request and not be touched meanwhile.
  ///   - operation: one that `T` has.
  /// - Source: MPI 3.1, §5.12 Nonblocking Collective Operations, MPI_Iallreduce.
  public func iallReduce<T: MPIScalar>(
    inPlace buffer: UnsafeMutableBufferPointer<T>, _ operation: Reduction = .sum
  ) throws(MPIError) -> Request {
    let function: StaticString = "MPI_Iallreduce"
    let count = try elements(buffer.count, in: function)
    var request: MPI_Request? = cmpi_request_null()
    try call(function) {
      MPI_Iallreduce(cmpi_in_place(), buffer.baseAddress, count, T.datatype.handle, operation.handle, $0, &request)
    } alone: {
      request = nil
    }
    return Request(request, of: T.datatype, hasStatus: false)
  }
}

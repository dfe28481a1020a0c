internal import CMPI
import Glibc

/// A collective that was started and goes on while the program does something else.
///
/// Its buffer must stay alive, and must be neither written nor read, until `wait()` has returned or `test()` was true.
/// The compiler does not know that: do not start an operation on a buffer that only lives inside a `with…` closure.
///
/// - Source: MPI 3.1, §3.7 Nonblocking Communication, §5.12 Nonblocking Collective Operations.
public struct Request: ~Copyable {
  /// Nil in a process that is alone, where everything is complete at once.
  private var handle: MPI_Request?

  fileprivate init(_ handle: MPI_Request?) { self.handle = handle }

  /// Waits until the operation is complete. Returns at once after a `test()` that was true.
  ///
  /// - Throws: what the operation itself would have thrown.
  /// - Source: MPI 3.1, §3.7.3 MPI_Wait.
  public consuming func wait() throws(MPIError) {
    var handle = self.handle
    discard self
    guard handle != nil else { return }
    try check(MPI_Wait(&handle, cmpi_status_ignore()), function: "MPI_Wait")
  }

  /// Whether the operation is complete. Lets it progress: Open MPI moves data only inside its calls.
  ///
  /// - Source: MPI 3.1, §3.7.3 MPI_Test.
  public mutating func test() throws(MPIError) -> Bool {
    guard handle != nil else { return true }
    var complete: CInt = 0
    try check(MPI_Test(&handle, &complete, cmpi_status_ignore()), function: "MPI_Test")
    return complete != 0
  }

  /// Gives an operation nobody waited for a tenth of a second to complete, then leaves it.
  ///
  /// Such a request is most likely dropped by an error on its way out. Waiting for ever would hide that error
  /// behind a hang, and a collective cannot be cancelled or freed (MPI 3.1, §5.12).
  deinit {
    guard isRunning() else { return }
    var handle = self.handle
    let deadline = ContinuousClock.now + .milliseconds(100)
    var complete: CInt = 0
    repeat {
      guard MPI_Test(&handle, &complete, cmpi_status_ignore()) == MPI_SUCCESS else { return }
    } while complete == 0 && ContinuousClock.now < deadline
  }
}

extension Communicator {
  /// Starts to reduce over the ranks in place, as ``allReduce(inPlace:_:)`` does. Collective.
  ///
  /// - Parameter buffer: (n), the same n on all ranks. Must outlive the request and not be touched meanwhile.
  /// - Source: MPI 3.1, §5.12 Nonblocking Collective Operations, MPI_Iallreduce.
  public func iallReduce<T: MPIScalar>(
    inPlace buffer: UnsafeMutableBufferPointer<T>, _ operation: Reduction = .sum
  ) throws(MPIError) -> Request {
    let function: StaticString = "MPI_Iallreduce"
    let count = try elements(buffer.count, in: function)
    return try start(function) {
      MPI_Iallreduce(cmpi_in_place(), buffer.baseAddress, count, T.datatype.handle, operation.handle, $0, &$1)
    }
  }

  /// Starts to gather the ranks' values on every rank, as ``allGather(_:into:)`` does. Collective.
  ///
  /// - Parameters:
  ///   - own: (n), the same n on all ranks.
  ///   - all: (N n), by rank. Both must outlive the request and not be touched meanwhile.
  /// - Source: MPI 3.1, §5.12 Nonblocking Collective Operations, MPI_Iallgather.
  public func iallGather<T: MPIScalar>(
    _ own: UnsafeBufferPointer<T>, into all: UnsafeMutableBufferPointer<T>
  ) throws(MPIError) -> Request {
    let function: StaticString = "MPI_Iallgather"
    let count = try elements(own.count, in: function)
    try MPI.require(
      all.count == own.count * size, .count, in: function,
      "the result has \(all.count) elements, and \(size) times \(own.count) are needed")
    if size == 1 { _ = all.update(fromContentsOf: own) }
    let type = T.datatype.handle
    return try start(function) { MPI_Iallgather(own.baseAddress, count, type, all.baseAddress, count, type, $0, &$1) }
  }

  /// As ``barrier()``, asleep meanwhile: a core whose rank waits here is free for others. It looks twice a millisecond
  /// whether all have arrived, so it is late by as much, for each of the barrier's log₂ N messages.
  ///
  /// - Parameter meanwhile: runs at each look.
  /// - Source: MPI 3.1, §5.12.1 MPI_Ibarrier.
  public func rest(_ meanwhile: () throws(MPIError) -> Void = {}) throws(MPIError) {
    var request = try start("MPI_Ibarrier") { MPI_Ibarrier($0, &$1) }
    while try !request.test() {
      try meanwhile()
      usleep(500)
    }
  }

  private func start(
    _ function: StaticString, _ operation: (MPI_Comm, inout MPI_Request?) -> CInt
  ) throws(MPIError) -> Request {
    var handle: MPI_Request? = cmpi_request_null()
    try call(function) {
      operation($0, &handle)
    } alone: {
      handle = nil
    }
    return Request(handle)
  }
}

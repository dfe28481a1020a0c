internal import CMPI

#if canImport(Glibc)
  import Glibc
#endif

extension Communicator {
  /// As ``barrier()``, asleep meanwhile: a core whose rank waits here is free for others. It looks twice a millisecond
  /// whether all have arrived, so it is late by as much, for each of the barrier's log₂ N messages.
  ///
  /// - Source: MPI 3.1, §5.12.1 MPI_Ibarrier.
  public func rest() throws(MPIError) {
    var handle: MPI_Request? = cmpi_request_null()
    try call("MPI_Ibarrier") {
      MPI_Ibarrier($0, &handle)
    } alone: {
      handle = nil
    }
    var request = Request(handle, of: UInt8.datatype, hasStatus: false)
    while try request.test() == nil { usleep(500) }
  }
}

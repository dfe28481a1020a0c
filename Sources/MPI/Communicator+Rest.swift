internal import CMPI
import Glibc

extension Communicator {
  /// Returns on no rank before all have called it, and leaves the cores of those that wait to others.
  ///
  /// Open MPI's barrier spins. Here a rank sleeps between two looks, so that what another rank measures meanwhile has
  /// the machine to itself; it may return `interval` late.
  ///
  /// - Parameter interval: between two looks, in µs.
  /// - Source: MPI 3.1, §5.12 MPI_Ibarrier.
  public func rest(interval: UInt32 = 500) throws(MPIError) {
    var handle: MPI_Request? = cmpi_request_null()
    try check(MPI_Ibarrier(self.handle, &handle), function: "MPI_Ibarrier")
    var request = Request(handle, of: UInt8.datatype, hasStatus: false)
    while try request.test() == nil { usleep(interval) }
  }
}

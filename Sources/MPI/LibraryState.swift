internal import CMPI
import Synchronization

// The few calls MPI allows at any time. They guard the error paths and the deinits, where Open MPI would end
// the process if it were asked anything else before init or after finalize.

/// Whether there is an ``Environment``, or was: MPI cannot be initialised twice.
let environmentIsMade = Atomic<Bool>(false)

/// Whether this process is a world of one rank without MPI.
let isAlone = Atomic<Bool>(false)

/// Whether MPI is between init and finalize.
///
/// - Source: MPI 3.1, §8.7, MPI_Initialized and MPI_Finalized.
func isRunning() -> Bool {
  var initialized: CInt = 0
  var finalized: CInt = 0
  MPI_Initialized(&initialized)
  MPI_Finalized(&finalized)
  return initialized != 0 && finalized == 0
}

/// This process's rank in the world, or `nil` outside init … finalize.
func worldRankIfRunning() -> Int? {
  if isAlone.load(ordering: .relaxed) { return 0 }
  guard isRunning() else { return nil }
  var rank: CInt = 0
  return MPI_Comm_rank(cmpi_comm_world(), &rank) == MPI_SUCCESS ? Int(rank) : nil
}

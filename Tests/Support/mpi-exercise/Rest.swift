import Glibc
import MPI

/// Rank 0 comes late: the others wait for it, and use next to none of the time.
func rest(_ mpi: borrowing Environment) throws {
  let world = mpi.world
  for _ in 0..<3 { try world.rest() }
  let lateness = 0.3
  let before = processorSeconds()
  if world.rank == 0 { usleep(UInt32(lateness * 1e6)) }
  let arrival = machineSeconds()
  try world.rest()
  let end = machineSeconds()
  let used = processorSeconds() - before
  let last = try world.allReduce(arrival, .max)
  try expect(end >= last, "returned \(last - end) s before the last rank came")
  try expect(used < lateness / 4, "waiting took \(used) s of processor time in \(lateness) s")
}

/// The clock that all processes of a machine share. MPI's begins anew in each of them.
func machineSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Of this process.
private func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

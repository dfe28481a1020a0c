import Glibc
import MPI

// Scenarios that end the job with an error, each in its way. The tests look at exit code, time and words.

struct Deliberate: Error, CustomStringConvertible {
  let description: String
}

/// A check that does not hold on one rank: proves that the other scenarios can fail.
func wrong(_ mpi: borrowing Environment) throws {
  try expectEqual(mpi.world.rank, mpi.world.rank == mpi.world.size - 1 ? -1 : mpi.world.rank)
  try mpi.world.barrier()
}

/// Tells the tests when, so that they time the end of the job without its start.
private func throwNow(_ reason: String) throws {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  print("thrown at \(now.tv_sec).\(String(now.tv_nsec + 1_000_000_000).dropFirst())")
  fflush(nil)
  throw Deliberate(description: reason)
}

/// The last rank throws while the others wait for it in a barrier.
func throwOne(_ mpi: borrowing Environment) throws {
  try mpi.world.barrier()
  if mpi.world.rank == mpi.world.size - 1 { try throwNow("the disk is full\non the second line") }
  try mpi.world.barrier()
  try mpi.world.barrier()
}

/// The same rank throws while it holds everything that is collective to give back.
func throwHolding(_ mpi: borrowing Environment) throws {
  let world = mpi.world
  let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 100_000)
  buffer.initialize(repeating: 1)
  let twin = try world.splitShared()
  let window = try SharedWindow<Float>(on: twin.communicator, count: 1000)
  try window.barrier()
  if world.rank == world.size - 1 {
    let reducing = try twin.communicator.iallReduce(inPlace: buffer)
    try throwNow("thrown with a window and a request")
    try reducing.wait()
  }
  try window.barrier()
  try window.free()
  try twin.free()
}

/// No rank ever ends. A plain `while true` would stop Swift 6.2's verifier: a loan of `mpi` that never ends.
func hang(_ mpi: borrowing Environment) throws {
  if mpi.world.rank == 0 {
    print("hanging")
    fflush(nil)
  }
  while mpi.world.size > 0 { sleep(1) }
}

/// An environment that goes out of scope without finalize: fine for one rank, an error for more.
func dropEnvironment() {
  do {
    let mpi = try Environment()
    try mpi.world.barrier()
  } catch {
    Environment.abort(because: error)
  }
  print("dropped")
}

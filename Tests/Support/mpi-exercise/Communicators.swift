import Glibc
import MPI

func environment(_ mpi: borrowing Environment) throws {
  let world = mpi.world
  try expect(world.size >= 1 && world.rank >= 0 && world.rank < world.size, "\(world.rank) of \(world.size)")
  try expect(Environment.libraryVersion.contains("MPI"), Environment.libraryVersion)
  try expect(!Environment.processorName.isEmpty, "no processor name")
  try expectThrows(.other, "a second environment") { _ = try Environment() }

  // Ranks are distinct and complete, and the test that started them knows whether mpirun did.
  try expectEqual(try world.allGather(world.rank).sorted(), Array(0..<world.size))
  if world.rank == 0 { print("alone: \(world.isAlone)") }

  // A barrier holds all ranks back until the last one arrives.
  if world.rank == world.size - 1 { usleep(50_000) }
  let arrival = machineSeconds()
  try world.barrier()
  let end = machineSeconds()
  let last = try world.allReduce(arrival, .max)
  try expect(end >= last, "left the barrier \(last - end) s before all had come")
}

func communicators(_ mpi: borrowing Environment) throws {
  let world = mpi.world
  let n = world.size

  // Even and odd ranks apart.
  guard let half = try world.split(color: world.rank % 2) else {
    throw WrongResult(description: "split returned nothing")
  }
  let members = (0..<n).filter { $0 % 2 == world.rank % 2 }
  try expectEqual(half.size, members.count)
  try expectEqual(half.rank, members.firstIndex(of: world.rank))
  try expectEqual(try half.communicator.allGather(world.rank), members)
  // Errors of an owned communicator throw too, and do not end the job.
  try expectThrows(.truncated, "a message to itself that is too long") {
    try sendTooMuch(over: half.communicator)
  }

  // A communicator of a communicator.
  let inner = try half.communicator.splitShared()
  try expectEqual(try inner.communicator.allReduce(world.rank, .sum), members.reduce(0, +))

  // Its messages do not meet those of the communicator it was made from, though rank and tag are the same.
  if half.size > 1 {
    if half.rank == 1 {
      try inner.communicator.send(2, to: 0)
      try half.communicator.send(1, to: 0)
    }
    if half.rank == 0 {
      try expectEqual(try half.communicator.receive(Int.self, from: 1), 1)
      try expectEqual(try inner.communicator.receive(Int.self, from: 1), 2)
    }
  }
  try inner.free()
  try half.free()

  // All but rank 0.
  let others = try world.split(color: world.rank == 0 ? nil : 0)
  switch consume others {
  case .some(let others):
    try expect(world.rank != 0, "rank 0 joined")
    try expectEqual(others.size, n - 1)
    try expectEqual(others.rank, world.rank - 1)
    try others.free()
  case .none:
    try expectEqual(world.rank, 0)
  }

  // The tests run on one host: everybody shares.
  let node = try world.splitShared()
  try expectEqual(node.size, n)
  try expectEqual(node.rank, world.rank)
  try node.free()

  try expectNoLeak(of: 2048, rounds: 2000, "a freed communicator") { try world.splitShared().free() }
  try expectNoLeak(of: 2048, rounds: 2000, "a dropped communicator") { _ = try world.splitShared() }
}

import MPI

/// Arguments that cannot be right throw on the rank that gave them, before anything is sent: the world works on.
func mismatch(_ mpi: borrowing Environment) throws {
  let world = mpi.world
  let n = world.size
  let four = UnsafeMutableBufferPointer<Float>.allocate(capacity: 4)
  let big = UnsafeMutableBufferPointer<Float>.allocate(capacity: 4 * n + 1)
  defer {
    four.deallocate()
    big.deallocate()
  }
  four.initialize(repeating: 1)
  big.initialize(repeating: 2)
  let input = UnsafeBufferPointer(four)
  let tooMany = UnsafeBufferPointer(big)

  // On one rank only: if anything had been sent, the barrier at the end would not match.
  if world.rank == n - 1 {
    try expectThrows(.count, "allGather") { try world.allGather(input, into: big) }

    let counts = try RankCounts([Int](repeating: 4, count: n))
    let foreign = try RankCounts([Int](repeating: 4, count: n + 1))
    try expectThrows(.count, "allGatherV counts") { try world.allGatherV(inPlace: big, counts: counts) }
    try expectThrows(.count, "allGatherV ranks") { try world.allGatherV(inPlace: big, counts: foreign) }
    try expectThrows(.count, "reduceScatter counts") {
      try world.reduceScatter(tooMany, into: four, counts: counts)
    }
    try expectThrows(.count, "negative count") { _ = try RankCounts([1, -1]) }
    try expectThrows(.count, "sum of counts") { _ = try RankCounts([1 << 30, 1 << 30]) }

    // More elements than 32 bits count. They are never touched.
    let huge = UnsafeMutableBufferPointer(start: four.baseAddress, count: 1 << 31)
    try expectThrows(.count, "huge allReduce") { try world.allReduce(inPlace: huge) }
    try expectThrows(.count, "huge broadcast") { try world.broadcast(huge, root: world.rank) }
    try expectThrows(.count, "huge send") { try world.send(UnsafeBufferPointer(huge), to: 0) }

    for absent in [-2, -1, n, Int.max] {
      try expectThrows(.root, "broadcast from \(absent)") { try world.broadcast(four, root: absent) }
      try expectThrows(.rank, "send to \(absent)") { try world.send(input, to: absent) }
      try expectThrows(.rank, "receive from \(absent)") { try world.receive(into: four, from: absent) }
    }
    for tag in [-1, Int.max] {
      try expectThrows(.tag, "tag \(tag)") { try world.send(input, to: 0, tag: tag) }
      try expectThrows(.tag, "tag \(tag)") { try world.receive(into: four, from: 0, tag: tag) }
      try expectThrows(.tag, "tag \(tag)") { _ = try world.hasMessage(tag: tag) }
    }
    for color in [-1, Int.max] {
      try expectThrows(.argument, "color \(color)") { _ = try world.split(color: color) }
    }
    try expectAll(four, "what was refused") { _ in 1 }
  }

  // Refused by MPI itself: the code comes back and throws, on every rank.
  do {
    try sendTooMuch(over: world)
    try expect(false, "a message that is too long did not throw")
  } catch let error as MPIError {
    try expectEqual(error.function, "MPI_Recv")
    try expectEqual(error.rank, world.rank)
    try expect(error.message.contains("MPI_ERR_TRUNCATE"), error.message)
    try expect("\(error)".contains("on rank \(world.rank)"), "\(error)")
  }

  try world.barrier()
  try expectEqual(try world.allReduce(1, .sum), n)
}

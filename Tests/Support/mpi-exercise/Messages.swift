import MPI

func pointToPoint(_ mpi: borrowing Environment) throws {
  let world = mpi.world
  let next = (world.rank + 1) % world.size
  let previous = (world.rank + world.size - 1) % world.size

  // A token round the ring that every rank adds to: 1 + 2 + … + N.
  if world.size > 1 {
    if world.rank == 0 {
      try world.send([1], to: next, tag: 1)
      try expectEqual(
        try world.receive(Int.self, from: previous, tag: 1).values, [world.size * (world.size + 1) / 2])
    } else {
      let token = try world.receive(Int.self, from: previous, tag: 1).values[0]
      try world.send([token + world.rank + 1], to: next, tag: 1)
    }
  }

  // From any rank: the root gets one message of each, of rank + 1 elements, and the tags select.
  if world.rank == 0 {
    try expect(try world.probeNow(for: Int.self, from: 0, tag: 99) == nil, "a message nobody sent")
    var seen = Set<Int>()
    for _ in 1..<world.size {
      let found = try world.probe(for: Double.self, tag: 9)
      try expectEqual(found.count, found.source + 1)
      let (values, status) = try world.receive(Double.self, from: found.source, tag: 9)
      try expectEqual(values, [Double](repeating: Double(status.source), count: status.source + 1))
      try expectEqual(status, found)
      seen.insert(status.source)
    }
    try expectEqual(seen, Set(1..<world.size))
  } else {
    try world.send([Double](repeating: Double(world.rank), count: world.rank + 1), to: 0, tag: 9)
  }

  // A message longer than the buffer throws on the receiver and nowhere else; then all goes on.
  if world.size > 1 {
    if world.rank == 1 { try world.send([1.0, 2.0, 3.0] as [Float], to: 0, tag: 3) }
    if world.rank == 0 {
      var short: [Float] = [0, 0]
      try expectThrows(.truncated, "a message of 3 into a buffer of 2") {
        _ = try short.withUnsafeMutableBufferPointer { try world.receive(into: $0, from: 1, tag: 3) }
      }
    }
    // Three bytes are no whole number of floats.
    if world.rank == 1 { try world.send([1, 2, 3] as [UInt8], to: 0, tag: 4) }
    if world.rank == 0 {
      try expectThrows(.count, "3 bytes as floats") { _ = try world.probe(for: Float.self, from: 1, tag: 4) }
      try expectEqual(try world.receive(UInt8.self, from: 1, tag: 4).values, [1, 2, 3])
    }
  }
  try world.barrier()
}

func requests(_ mpi: borrowing Environment) throws {
  let world = mpi.world
  let next = (world.rank + 1) % world.size
  let previous = (world.rank + world.size - 1) % world.size
  let size = 150_000
  let output = UnsafeMutableBufferPointer<Float>.allocate(capacity: size)
  let input = UnsafeMutableBufferPointer<Float>.allocate(capacity: size)
  defer {
    output.deallocate()
    input.deallocate()
  }
  for i in 0..<size { output[i] = Float(i % 100 + world.rank) }
  input.initialize(repeating: -1)

  // A ring of large messages, each started before any is waited for.
  let receiving = try world.ireceive(into: input, from: previous, tag: 2)
  let sending = try world.isend(UnsafeBufferPointer(output), to: next, tag: 2)
  let received = try receiving.wait()
  try sending.wait()
  try expectEqual(received.source, previous)
  try expectEqual(received.tag, 2)
  try expectEqual(received.count, size)
  try expectAll(input, "isend and ireceive") { Float($0 % 100 + previous) }

  // A sum that goes on while this rank does something else, until test() says it is done.
  var reducing = try world.iallReduce(inPlace: output, .sum)
  while try reducing.test() == nil {}
  try reducing.wait()  // again, after test(): returns at once
  let offset = Float(world.size * (world.size - 1) / 2)
  try expectAll(output, "iallReduce and test") { Float($0 % 100 * world.size) + offset }

  let again = try world.iallReduce(inPlace: input, .max)
  try again.wait()
  try expectAll(input, "iallReduce and wait") { Float($0 % 100 + world.size - 1) }

  // The error of an operation arrives with the wait.
  if world.size > 1 {
    if world.rank == 0 {
      let short = UnsafeMutableBufferPointer(rebasing: input[0..<2])
      let truncated = try world.ireceive(into: short, from: 1, tag: 6)
      try world.barrier()
      do {
        try truncated.wait()
        try expect(false, "a truncated request did not throw")
      } catch let error as MPIError {
        try expectEqual(error.errorClass, .truncated)
      }
    } else {
      try world.barrier()
      if world.rank == 1 { try world.send([1.0, 2.0, 3.0] as [Float], to: 0, tag: 6) }
    }
  }
  try world.barrier()

  // A request nobody waits for: one that can complete does, and one that cannot does not hang.
  if world.rank == 0 {
    input.initialize(repeating: 0)
    try dropRequests(world, receivingInto: input, sending: output)
    try expectEqual(input[0], output[0], "what a dropped request received")
  }
  try world.barrier()
}

/// Sends to this rank itself what a request that is dropped receives, and drops one that nothing ever answers.
private func dropRequests(
  _ world: Communicator, receivingInto input: UnsafeMutableBufferPointer<Float>,
  sending output: UnsafeMutableBufferPointer<Float>
) throws {
  let answered = try world.ireceive(
    into: UnsafeMutableBufferPointer(rebasing: input[0..<1]), from: world.rank, tag: 11)
  try world.send(UnsafeBufferPointer(rebasing: output[0..<1]), to: world.rank, tag: 11)
  let start = machineSeconds()
  _ = consume answered
  do {
    let unanswered = try world.ireceive(
      into: UnsafeMutableBufferPointer(rebasing: input[1..<2]), from: world.rank, tag: 12)
    _ = consume unanswered
  }
  let waited = machineSeconds() - start
  try expect(waited >= 0.09 && waited < 1, "dropping a request took \(waited) s")
  // Answered after all, so that nothing is pending at finalize.
  try world.send(UnsafeBufferPointer(rebasing: output[1..<2]), to: world.rank, tag: 12)
}

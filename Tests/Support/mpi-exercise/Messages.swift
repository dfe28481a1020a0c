import Glibc
import MPI

func pointToPoint(_ mpi: borrowing Environment) throws {
  let world = mpi.world
  let next = (world.rank + 1) % world.size
  let previous = (world.rank + world.size - 1) % world.size

  // A token round the ring that every rank adds to: 1 + 2 + … + N.
  if world.size > 1 {
    if world.rank == 0 {
      try world.send(1, to: next, tag: 1)
      try expectEqual(try world.receive(Int.self, from: previous, tag: 1), world.size * (world.size + 1) / 2)
    } else {
      let token = try world.receive(Int.self, from: previous, tag: 1)
      try world.send(token + world.rank + 1, to: next, tag: 1)
    }
  }

  // A message can be seen before it is received, by its tag.
  try world.barrier()
  try expectEqual(try world.hasMessage(), false, "a message nobody sent")
  try world.send((3, true), to: world.rank, tag: 9)
  while try !world.hasMessage(tag: 9) {}
  try expectEqual(try world.hasMessage(tag: 8), false, "a message of another tag")
  try expect(try world.receive((Int, Bool).self, from: world.rank, tag: 9) == (3, true))
  try expectEqual(try world.hasMessage(), false, "a message that was received")

  try world.barrier()

  // Bytes of any number, also of none: who sends them and how many there are is known before.
  for bytes in [[UInt8](), Array(0...255)] {
    try world.send(bytes: bytes, to: next, tag: 5)
    var pending: (source: Int, bytes: Int)?
    while pending == nil { pending = try world.pendingMessage(tag: 5) }
    try expectEqual(pending?.source, previous)
    try expectEqual(pending?.bytes, bytes.count)
    try expectEqual(try world.receive(bytes: bytes.count, from: previous, tag: 5), bytes)
  }
  try world.barrier()

  // A message longer or shorter than the buffer throws on the receiver and nowhere else; then all goes on.
  try expectThrows(.truncated, "a message of 3 into a buffer of 2") { try sendTooMuch(over: world) }
  if world.rank == 0 {
    try world.send(UInt8(1), to: 0)
    try expectThrows(.count, "a byte as a number") { _ = try world.receive(Int.self, from: 0) }
  }
  try world.barrier()
}

/// Three numbers to this rank itself, which has room for two.
func sendTooMuch(over communicator: Communicator) throws {
  let (three, two): ([Float], [Float]) = ([1, 2, 3], [0, 0])
  var short = two
  try three.withUnsafeBufferPointer { try communicator.send($0, to: communicator.rank) }
  try short.withUnsafeMutableBufferPointer { try communicator.receive(into: $0, from: communicator.rank) }
}

func requests(_ mpi: borrowing Environment) throws {
  let world = mpi.world
  let size = 150_000
  let output = UnsafeMutableBufferPointer<Float>.allocate(capacity: size)
  let input = UnsafeMutableBufferPointer<Float>.allocate(capacity: size)
  defer {
    output.deallocate()
    input.deallocate()
  }
  for i in 0..<size { output[i] = Float(i % 100 + world.rank) }
  for i in 0..<size { input[i] = Float(i % 100 + world.rank) }

  // A sum that goes on while this rank does something else, until test() says it is done.
  var reducing = try world.iallReduce(inPlace: output, .sum)
  while try !reducing.test() {}
  try reducing.wait()  // again, after test(): returns at once
  let offset = Float(world.size * (world.size - 1) / 2)
  try expectAll(output, "iallReduce and test") { Float($0 % 100 * world.size) + offset }

  let again = try world.iallReduce(inPlace: input, .max)
  try again.wait()
  try expectAll(input, "iallReduce and wait") { Float($0 % 100 + world.size - 1) }
  try world.barrier()

  // A request nobody waits for does not hang where the others come late; it is complete when they have come.
  input.update(repeating: Float(world.rank))
  if world.rank > 0 { usleep(300_000) }
  let start = machineSeconds()
  let dropped = try world.iallReduce(inPlace: input, .max)
  _ = consume dropped
  let waited = machineSeconds() - start
  if world.rank == 0, world.size > 1 {
    try expect(waited >= 0.09 && waited < 0.29, "dropping a request took \(waited) s")
  }
  try world.barrier()
  usleep(10_000)
  try world.barrier()
  try expectAll(input, "a dropped iallReduce") { _ in Float(world.size - 1) }
}

import MPI

func broadcast(_ mpi: borrowing Environment) throws {
  let world = mpi.world
  for root in 0..<world.size {
    for size in bufferSizes {
      var buffer = (0..<size).map { Int32($0 * 10 + world.rank) }
      try buffer.withUnsafeMutableBufferPointer { try world.broadcast($0, root: root) }
      try expectAll(buffer, "broadcast from \(root)") { Int32($0 * 10 + root) }
    }
    try expectEqual(try world.broadcast(world.rank * 7, root: root), root * 7)
    // The others' arrays have other lengths.
    let bytes = [UInt8](repeating: UInt8(world.rank + 1), count: world.rank * 3)
    try expectEqual(
      try world.broadcast(bytes, root: root), [UInt8](repeating: UInt8(root + 1), count: root * 3))
    try expectEqual(try world.broadcast("größe of rank \(world.rank)", root: root), "größe of rank \(root)")
  }
}

func gather(_ mpi: borrowing Environment) throws {
  let world = mpi.world
  for part in [0, 1, 3, 5000] {
    // Element i of rank r is r · part + i, so the whole is 0, 1, 2, …
    let input = (0..<part).map { Double(world.rank * part + $0) }
    var all = [Double](repeating: -1, count: part * world.size)
    try all.withUnsafeMutableBufferPointer { out in
      try input.withUnsafeBufferPointer { try world.allGather($0, into: out) }
    }
    try expectAll(all, "allGather") { Double($0) }
  }
}

func gatherV(_ mpi: borrowing Environment) throws {
  let world = mpi.world
  // Rank r has 3 · (N − 1 − r) elements: the last rank none at all.
  let counts = try RankCounts((0..<world.size).map { 3 * (world.size - 1 - $0) })
  let start = counts.range(world.rank).lowerBound
  let input = (0..<counts.count(world.rank)).map { start + $0 }
  try expectEqual(counts.total, 3 * world.size * (world.size - 1) / 2)

  let all = try world.allGatherV(input)
  try expectEqual(all.map(\.count), (0..<world.size).map(counts.count))
  try expectAll(all.flatMap { $0 }, "allGatherV") { $0 }

  var inPlace = [Int](repeating: .max, count: counts.total)
  inPlace.replaceSubrange(counts.range(world.rank), with: input)
  try inPlace.withUnsafeMutableBufferPointer { try world.allGatherV(inPlace: $0, counts: counts) }
  try expectAll(inPlace, "allGatherV in place") { $0 }
}

func values(_ mpi: borrowing Environment) throws {
  let world = mpi.world
  let ranks = Array(0..<world.size)
  try expectEqual(try world.allGather(world.rank), ranks)
  try expectEqual(try world.allGather([Float(world.rank), 0.5]), ranks.flatMap { [Float($0), 0.5] })
  // Structures of several types go as they are, padding and all.
  let optional: (Bool, Int?, Double) = (world.rank == 0, world.rank == 1 ? nil : world.rank, 0.5)
  let tuples = try world.allGather(optional)
  try expectEqual(tuples.map { $0.0 }, ranks.map { $0 == 0 })
  try expectEqual(tuples.map { $0.1 }, ranks.map { $0 == 1 ? nil : $0 })
  try expectEqual(tuples.map { $0.2 }, ranks.map { _ in 0.5 })
  let root = world.size - 1
  let absent: (Int, Double)? = world.rank == root ? nil : (1, 2)
  try expect(try world.broadcast(absent, root: root) == nil, "nothing of the root is something")
  try expectEqual(
    try world.allReduce([Double(world.rank), 1], .sum),
    [Double(world.size * (world.size - 1) / 2), Double(world.size)])

  let bytes = [UInt8](repeating: UInt8(world.rank), count: world.rank * 2)
  try expectEqual(
    try world.allGatherV(bytes), ranks.map { [UInt8](repeating: UInt8($0), count: $0 * 2) })
  // Texts of different lengths, one of them empty, with letters of several bytes.
  let text = { (rank: Int) in String(repeating: "é€", count: rank) }
  try expectEqual(try world.allGather(text(world.rank)), ranks.map(text))
}

import MPI

/// Counts below, at and above what Open MPI sends eagerly, and none at all.
let bufferSizes = [0, 1, 7, 1000, 100_003]

/// The value of element `i` on `rank`: small enough that a sum over ranks is exact in a Float.
func sample<T: Numeric>(_ i: Int, rank: Int, as type: T.Type) -> T where T: MPIScalar {
  T(exactly: (i % 5 + 1) * (rank + 1)) ?? 0
}

/// Sum over ranks r of `sample(i, r)`: (i % 5 + 1) · N (N + 1) / 2.
func sampleSum<T: Numeric>(_ i: Int, ranks: Int, as type: T.Type) -> T {
  T(exactly: (i % 5 + 1) * ranks * (ranks + 1) / 2) ?? 0
}

func reduce(_ mpi: borrowing Environment) throws {
  let world = mpi.world
  try reduceNumbers(Float.self, world)
  try reduceNumbers(Double.self, world)
  try reduceNumbers(Int.self, world)

  // Every operation once, with a value that differs per rank.
  let (n, r) = (world.size, world.rank)
  try expectEqual(try world.allReduce(r + 1, .sum), n * (n + 1) / 2)
  try expectEqual(try world.allReduce(r + 1, .min), 1)
  try expectEqual(try world.allReduce(r + 1, .max), n)
  try expectEqual(try world.allReduce(-Double(r), .min), -Double(n - 1))
}

private func reduceNumbers<T: Numeric & MPIScalar>(_ type: T.Type, _ world: Communicator) throws {
  for size in bufferSizes {
    let input = (0..<size).map { sample($0, rank: world.rank, as: type) }

    var inPlace = input
    try inPlace.withUnsafeMutableBufferPointer { try world.allReduce(inPlace: $0, .sum) }
    try expectAll(inPlace, "allReduce in place, \(type)") { sampleSum($0, ranks: world.size, as: type) }
  }
}

func reduceScatter(_ mpi: borrowing Environment) throws {
  let world = mpi.world
  for part in [0, 1, 5, 3001] {
    // Rank r gets part + 2 r elements.
    let counts = try RankCounts((0..<world.size).map { part + 2 * $0 })
    let whole = (0..<counts.total).map { sample($0, rank: world.rank, as: Double.self) }
    var mine = [Double](repeating: -1, count: counts.count(world.rank))
    try mine.withUnsafeMutableBufferPointer { out in
      try whole.withUnsafeBufferPointer { try world.reduceScatter($0, into: out, counts: counts, .sum) }
    }
    let start = counts.range(world.rank).lowerBound
    try expectEqual(start, world.rank * part + world.rank * (world.rank - 1))
    try expectAll(mine, "reduceScatter with counts") {
      sampleSum(start + $0, ranks: world.size, as: Double.self)
    }
  }
}

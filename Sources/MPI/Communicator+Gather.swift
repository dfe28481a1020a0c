internal import CMPI

// n is the number of elements a buffer holds, N the number of ranks. All counts are in elements, which go as their
// bytes: all ranks must name the same type, and no element may hold a reference or an address.

extension Communicator {
  /// Copies the root's values to every rank.
  ///
  /// - Parameters:
  ///   - buffer: (n), the same n on all ranks. Read on the root, overwritten elsewhere.
  ///   - root: the rank whose values they are.
  /// - Throws: `.root` for a root outside the communicator.
  /// - Source: MPI 3.1, §5.4 MPI_Bcast.
  public func broadcast<T: BitwiseCopyable>(
    _ buffer: UnsafeMutableBufferPointer<T>, root: Int = 0
  ) throws(MPIError) {
    let function: StaticString = "MPI_Bcast"
    let count = try bytes(UnsafeBufferPointer(buffer), in: function)
    let root = try member(root, in: function, or: .root)
    try call(function) { MPI_Bcast(buffer.baseAddress, count, cmpi_byte(), root, $0) }
  }

  /// Puts the values of all ranks one after another, on every rank.
  ///
  ///     output[r · n + i] = (input of rank r)[i]
  ///
  /// - Parameters:
  ///   - input: (n), the same n on all ranks. Must not overlap `output`.
  ///   - output: (N · n). Overwritten.
  /// - Throws: `.count` before anything is sent unless the output is N times the input.
  /// - Source: MPI 3.1, §5.7 MPI_Allgather.
  public func allGather<T: BitwiseCopyable>(
    _ input: UnsafeBufferPointer<T>, into output: UnsafeMutableBufferPointer<T>
  ) throws(MPIError) {
    let function: StaticString = "MPI_Allgather"
    let count = try bytes(input, in: function)
    try MPI.require(
      output.count == input.count * size, .count, in: function,
      "the output has \(output.count) elements and the input \(input.count) on each of \(size) ranks")
    try call(function) {
      MPI_Allgather(input.baseAddress, count, cmpi_byte(), output.baseAddress, count, cmpi_byte(), $0)
    } alone: {
      _ = output.update(fromContentsOf: input)
    }
  }

  /// Puts parts of any size one after another where each rank has its own part in place already.
  ///
  /// This is a call of the training step: it allocates nothing.
  ///
  /// - Parameters:
  ///   - buffer: (counts.total). Elements counts.range(rank) are read, all others overwritten.
  ///   - counts: the same on all ranks.
  /// - Throws: `.count` before anything is sent if the buffer's size is not the one in `counts`.
  /// - Source: MPI 3.1, §5.7 MPI_Allgatherv with MPI_IN_PLACE.
  public func allGatherV<T: MPIScalar>(
    inPlace buffer: UnsafeMutableBufferPointer<T>, counts: RankCounts
  ) throws(MPIError) {
    let function: StaticString = "MPI_Allgatherv"
    try require(counts, of: buffer.count, in: function)
    try call(function) {
      MPI_Allgatherv(
        cmpi_in_place(), 0, T.datatype.handle,
        buffer.baseAddress, counts.counts, counts.displacements, T.datatype.handle, $0)
    }
  }

  /// Arrays of any length, one for each rank, on every rank.
  ///
  /// - Source: MPI 3.1, §5.7 MPI_Allgather of the lengths, then MPI_Allgatherv.
  public func allGatherV<T: BitwiseCopyable>(_ values: [T]) throws(MPIError) -> [[T]] {
    let function: StaticString = "MPI_Allgatherv"
    let stride = MemoryLayout<T>.stride
    let counts = try RankCounts(try allGather(values.count * stride))
    let all = try filled(counts.total / stride) { (output: UnsafeMutableBufferPointer<T>) throws(MPIError) in
      try values.withUnsafeBufferPointer { input throws(MPIError) in
        try call(function) {
          MPI_Allgatherv(
            input.baseAddress, counts.counts[rank], cmpi_byte(),
            output.baseAddress, counts.counts, counts.displacements, cmpi_byte(), $0)
        } alone: {
          _ = output.update(fromContentsOf: input)
        }
      }
    }
    return (0..<size).map {
      let part = counts.range($0)
      return Array(all[part.lowerBound / stride..<part.upperBound / stride])
    }
  }
}

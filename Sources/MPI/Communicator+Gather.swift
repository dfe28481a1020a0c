internal import CMPI

// n is the number of elements a buffer holds, N the number of ranks. All counts are in elements.

extension Communicator {
  /// Copies the root's values to every rank.
  ///
  /// - Parameters:
  ///   - buffer: (n), the same n on all ranks. Read on the root, overwritten elsewhere.
  ///   - root: the rank whose values they are.
  /// - Throws: `.root` for a root outside the communicator.
  /// - Source: MPI 3.1, §5.4 MPI_Bcast.
  public func broadcast<T: MPIScalar>(_ buffer: UnsafeMutableBufferPointer<T>, root: Int = 0) throws(MPIError) {
    let function: StaticString = "MPI_Bcast"
    let count = try elements(buffer.count, in: function)
    let root = try member(root, in: function, or: .root)
    try call(function) { MPI_Bcast(buffer.baseAddress, count, T.datatype.handle, root, $0) }
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
  public func allGather<T: MPIScalar>(
    _ input: UnsafeBufferPointer<T>, into output: UnsafeMutableBufferPointer<T>
  ) throws(MPIError) {
    let function: StaticString = "MPI_Allgather"
    let count = try elements(input.count, in: function)
    try require(
      output.count == input.count * size, .count, in: function,
      "the output has \(output.count) elements and the input \(input.count) on each of \(size) ranks")
    try call(function) {
      MPI_Allgather(input.baseAddress, count, T.datatype.handle, output.baseAddress, count, T.datatype.handle, $0)
    } alone: {
      copy(input, to: output)
    }
  }

  /// Puts parts of any size one after another, on every rank.
  ///
  ///     output[counts.range(r)] = input of rank r
  ///
  /// - Parameters:
  ///   - input: (counts.count(rank)). Must not overlap `output`.
  ///   - output: (counts.total). Overwritten.
  ///   - counts: the same on all ranks.
  /// - Throws: `.count` before anything is sent if a buffer's size is not the one in `counts`.
  /// - Source: MPI 3.1, §5.7 MPI_Allgatherv.
  public func allGatherV<T: MPIScalar>(
    _ input: UnsafeBufferPointer<T>, into output: UnsafeMutableBufferPointer<T>, counts: RankCounts
  ) throws(MPIError) {
    let function: StaticString = "MPI_Allgatherv"
    try requireParts(counts, input: input.count, output: output.count, in: function)
    try call(function) {
      MPI_Allgatherv(
        input.baseAddress, counts.counts[rank], T.datatype.handle,
        output.baseAddress, counts.counts, counts.displacements, T.datatype.handle, $0)
    } alone: {
      copy(input, to: output)
    }
  }

  /// Puts parts of any size one after another where each rank has its own part in place already.
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
    try requireParts(counts, input: nil, output: buffer.count, in: function)
    try call(function) {
      MPI_Allgatherv(
        cmpi_in_place(), 0, T.datatype.handle,
        buffer.baseAddress, counts.counts, counts.displacements, T.datatype.handle, $0)
    }
  }

  /// Puts the values of all ranks one after another, on the root.
  ///
  /// - Parameters:
  ///   - input: (n), the same n on all ranks. Must not overlap `output`.
  ///   - output: (N · n) on the root, overwritten; not looked at elsewhere, where it may be `nil`.
  ///   - root: the rank that gets them.
  /// - Throws: `.count` before anything is sent unless the root's output is N times its input.
  /// - Source: MPI 3.1, §5.5 MPI_Gather.
  public func gather<T: MPIScalar>(
    _ input: UnsafeBufferPointer<T>, into output: UnsafeMutableBufferPointer<T>?, root: Int = 0
  ) throws(MPIError) {
    let function: StaticString = "MPI_Gather"
    let count = try elements(input.count, in: function)
    if rank == root {
      try require(
        output?.count == input.count * size, .count, in: function,
        "the root's output has \(output?.count ?? 0) elements and the input \(input.count) on each of \(size) ranks")
    }
    let root = try member(root, in: function, or: .root)
    try call(function) {
      MPI_Gather(
        input.baseAddress, count, T.datatype.handle, output?.baseAddress, count, T.datatype.handle, root, $0)
    } alone: {
      if let output { copy(input, to: output) }
    }
  }

  /// Checks buffers against counts; a `nil` size is not checked.
  private func requireParts(
    _ counts: RankCounts, input: Int?, output: Int?, in function: StaticString
  ) throws(MPIError) {
    try require(counts.ranks == size, .count, in: function, "\(counts.ranks) counts for \(size) ranks")
    if let input {
      try require(
        input == counts.count(rank), .count, in: function,
        "the input has \(input) elements and this rank's count is \(counts.count(rank))")
    }
    if let output {
      try require(
        output == counts.total, .count, in: function,
        "the output has \(output) elements and the counts sum to \(counts.total)")
    }
  }
}

/// A collective of one rank. The sizes are equal.
private func copy<T>(_ input: UnsafeBufferPointer<T>, to output: UnsafeMutableBufferPointer<T>) {
  _ = output.update(fromContentsOf: input)
}

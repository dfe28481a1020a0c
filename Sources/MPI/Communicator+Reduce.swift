internal import CMPI

// n is the number of elements a buffer holds, N the number of ranks. All counts are in elements.

extension Communicator {
  /// Reduces over the ranks, and every rank gets the result where its own values were.
  ///
  ///     buffer[i] = operation over r of (buffer of rank r)[i]
  ///
  /// This is the call of the training step: it allocates nothing.
  ///
  /// - Parameters:
  ///   - buffer: (n), the same n on all ranks. Overwritten.
  ///   - operation: one that `T` has.
  /// - Throws: `.count` before anything is sent if n does not fit 32 bits; `.operation` if `T` lacks it.
  /// - Source: MPI 3.1, §5.9.6 MPI_Allreduce with MPI_IN_PLACE.
  public func allReduce<T: MPIScalar>(
    inPlace buffer: UnsafeMutableBufferPointer<T>, _ operation: Reduction = .sum
  ) throws(MPIError) {
    let function: StaticString = "MPI_Allreduce"
    let count = try elements(buffer.count, in: function)
    try check(
      MPI_Allreduce(cmpi_in_place(), buffer.baseAddress, count, T.datatype.handle, operation.handle, handle),
      function: function)
  }

  /// Reduces over the ranks, and every rank gets the result.
  ///
  ///     output[i] = operation over r of (input of rank r)[i]
  ///
  /// - Parameters:
  ///   - input: (n), the same n on all ranks. Must not overlap `output`.
  ///   - output: (n). Overwritten.
  /// - Throws: `.count` before anything is sent if the buffers differ in size.
  /// - Source: MPI 3.1, §5.9.6 MPI_Allreduce.
  public func allReduce<T: MPIScalar>(
    _ input: UnsafeBufferPointer<T>, into output: UnsafeMutableBufferPointer<T>, _ operation: Reduction = .sum
  ) throws(MPIError) {
    let function: StaticString = "MPI_Allreduce"
    let count = try elements(input.count, in: function)
    try require(
      output.count == input.count, .count, in: function,
      "the input has \(input.count) elements and the output \(output.count)")
    try check(
      MPI_Allreduce(
        input.baseAddress, output.baseAddress, count, T.datatype.handle, operation.handle, handle),
      function: function)
  }

  /// Reduces over the ranks, and only the root gets the result.
  ///
  /// - Parameters:
  ///   - input: (n), the same n on all ranks. Must not overlap `output`.
  ///   - output: (n) on the root, overwritten; not looked at elsewhere, where it may be `nil`.
  ///   - root: the rank that gets the result.
  /// - Throws: `.count` before anything is sent if the root's buffers differ in size.
  /// - Source: MPI 3.1, §5.9.1 MPI_Reduce.
  public func reduce<T: MPIScalar>(
    _ input: UnsafeBufferPointer<T>, into output: UnsafeMutableBufferPointer<T>?,
    _ operation: Reduction = .sum, root: Int = 0
  ) throws(MPIError) {
    let function: StaticString = "MPI_Reduce"
    let count = try elements(input.count, in: function)
    if rank == root {
      try require(
        output?.count == input.count, .count, in: function,
        "the input has \(input.count) elements and the root's output \(output?.count ?? 0)")
    }
    try check(
      MPI_Reduce(
        input.baseAddress, output?.baseAddress, count, T.datatype.handle, operation.handle,
        try member(root, in: function, or: .root), handle),
      function: function)
  }

  /// Reduces over the ranks and deals the result out in equal parts.
  ///
  ///     output[i] = operation over r of (input of rank r)[rank · n + i]
  ///
  /// - Parameters:
  ///   - input: (N · n). Must not overlap `output`.
  ///   - output: (n), the same n on all ranks. Overwritten.
  /// - Throws: `.count` before anything is sent unless the input is N times the output.
  /// - Source: MPI 3.1, §5.10.1 MPI_Reduce_scatter_block.
  public func reduceScatter<T: MPIScalar>(
    _ input: UnsafeBufferPointer<T>, into output: UnsafeMutableBufferPointer<T>, _ operation: Reduction = .sum
  ) throws(MPIError) {
    let function: StaticString = "MPI_Reduce_scatter_block"
    let count = try elements(output.count, in: function)
    try require(
      input.count == output.count * size, .count, in: function,
      "the input has \(input.count) elements and the output \(output.count) on each of \(size) ranks")
    try check(
      MPI_Reduce_scatter_block(
        input.baseAddress, output.baseAddress, count, T.datatype.handle, operation.handle, handle),
      function: function)
  }

  /// Reduces over the ranks and deals the result out in parts of any size.
  ///
  ///     output[i] = operation over r of (input of rank r)[counts.range(rank).lowerBound + i]
  ///
  /// - Parameters:
  ///   - input: (counts.total). Must not overlap `output`.
  ///   - output: (counts.count(rank)). Overwritten.
  ///   - counts: the same on all ranks.
  /// - Throws: `.count` before anything is sent if a buffer's size is not the one in `counts`.
  /// - Source: MPI 3.1, §5.10.2 MPI_Reduce_scatter.
  public func reduceScatter<T: MPIScalar>(
    _ input: UnsafeBufferPointer<T>, into output: UnsafeMutableBufferPointer<T>, counts: RankCounts,
    _ operation: Reduction = .sum
  ) throws(MPIError) {
    let function: StaticString = "MPI_Reduce_scatter"
    try require(
      counts.ranks == size, .count, in: function, "\(counts.ranks) counts for \(size) ranks")
    try require(
      input.count == counts.total, .count, in: function,
      "the input has \(input.count) elements and the counts sum to \(counts.total)")
    try require(
      output.count == counts.count(rank), .count, in: function,
      "the output has \(output.count) elements and this rank's count is \(counts.count(rank))")
    try check(
      MPI_Reduce_scatter(
        input.baseAddress, output.baseAddress, counts.counts, T.datatype.handle, operation.handle, handle),
      function: function)
  }
}

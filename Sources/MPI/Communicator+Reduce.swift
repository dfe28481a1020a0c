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
    try call(function) {
      MPI_Allreduce(cmpi_in_place(), buffer.baseAddress, count, T.datatype.handle, operation.handle, $0)
    }
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
    try call(function) {
      MPI_Reduce_scatter(input.baseAddress, output.baseAddress, counts.counts, T.datatype.handle, operation.handle, $0)
    } alone: {
      _ = output.update(fromContentsOf: input)
    }
  }
}

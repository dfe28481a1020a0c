internal import CMPI

// n is the number of elements a buffer holds, N the number of ranks. All counts are in elements.

extension Communicator {
  /// Reduces over the ranks, and every rank gets the result where its own values were.
  ///
  ///     buffer[i] = operation over r of (buffer of rank r)[i]
  ///
  /// This is the call of the training step: it allocates nothing.
  ///
  /// - Parameter buffer: (n), the same n on all ranks. Overwritten.
  /// - Throws: `.count` before anything is sent if n does not fit 32 bits.
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
    try require(counts, of: input.count, in: function)
    try MPI.require(
      output.count == counts.count(rank), .count, in: function,
      "the output has \(output.count) elements and this rank's count is \(counts.count(rank))")
    try call(function) {
      MPI_Reduce_scatter(input.baseAddress, output.baseAddress, counts.counts, T.datatype.handle, operation.handle, $0)
    } alone: {
      _ = output.update(fromContentsOf: input)
    }
  }
}

/// How the values of all ranks become one.
///
/// The order of the ranks in a floating-point sum is the library's choice and may differ between counts and
/// numbers of ranks; for one of each, Open MPI repeats it.
///
/// - Source: MPI 3.1, §5.9.2 Predefined Reduction Operations.
public enum Reduction: Sendable, CaseIterable {
  case sum, min, max

  var handle: MPI_Op {
    switch self {
    case .sum: cmpi_sum()
    case .min: cmpi_min()
    case .max: cmpi_max()
    }
  }
}

/// A type whose values MPI can reduce. What is only moved goes as bytes.
///
/// - Source: MPI 3.1, §3.2.2 Message Data, table 3.2.
public protocol MPIScalar: BitwiseCopyable, Sendable {
  /// MPI's name for this type.
  static var datatype: Datatype { get }
}

/// MPI's description of one element.
public struct Datatype: @unchecked Sendable {
  // Unchecked because a pointer is never Sendable; this one is the address of a constant of the library.
  let handle: MPI_Datatype
  init(_ handle: MPI_Datatype) { self.handle = handle }
}

extension Float: MPIScalar {
  public static var datatype: Datatype { Datatype(cmpi_float()) }
}
extension Double: MPIScalar {
  public static var datatype: Datatype { Datatype(cmpi_double()) }
}
extension Int: MPIScalar {
  public static var datatype: Datatype { Datatype(cmpi_int64()) }  // every target of this package is 64-bit
}

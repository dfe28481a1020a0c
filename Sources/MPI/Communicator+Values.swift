// The collectives for single values, arrays and text: they allocate what they return. For start-up, reports and
// checkpoints, not for the training step.

extension Communicator {
  /// Reduces one value of each rank; every rank gets the result.
  ///
  /// - Source: MPI 3.1, §5.9.6 MPI_Allreduce.
  public func allReduce<T: MPIScalar>(_ value: T, _ operation: Reduction) throws(MPIError) -> T {
    try allReduce([value], operation)[0]
  }

  /// Reduces arrays of equal length, element by element; every rank gets the result.
  ///
  /// - Source: MPI 3.1, §5.9.6 MPI_Allreduce.
  public func allReduce<T: MPIScalar>(_ values: [T], _ operation: Reduction) throws(MPIError) -> [T] {
    var result = values
    try result.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      try allReduce(inPlace: buffer, operation)
    }
    return result
  }

  /// One value of the root, on every rank: any type without references. The other ranks' values are ignored.
  ///
  /// - Source: MPI 3.1, §5.4 MPI_Bcast.
  public func broadcast<T: BitwiseCopyable>(_ value: T, root: Int = 0) throws(MPIError) -> T {
    var result = value
    try withUnsafeMutablePointer(to: &result) { pointer throws(MPIError) in
      try broadcast(UnsafeMutableBufferPointer(start: pointer, count: 1), root: root)
    }
    return result
  }

  /// The root's array, on every rank. The other ranks' arrays are ignored and may have any length.
  ///
  /// - Source: MPI 3.1, §5.4 MPI_Bcast, twice: the length, then the elements.
  public func broadcast<T: BitwiseCopyable>(_ values: [T], root: Int = 0) throws(MPIError) -> [T] {
    let count = try broadcast(values.count, root: root)
    return try filled(count) { buffer throws(MPIError) in
      if rank == root { _ = buffer.update(fromContentsOf: values) }
      try broadcast(buffer, root: root)
    }
  }

  /// The root's text, on every rank.
  ///
  /// - Source: MPI 3.1, §5.4 MPI_Bcast, of UTF-8 bytes.
  public func broadcast(_ text: String, root: Int = 0) throws(MPIError) -> String {
    String(decoding: try broadcast(Array(text.utf8), root: root), as: UTF8.self)
  }

  /// One value of each rank, in the order of the ranks, on every rank: of any type without references.
  ///
  /// - Returns: (N).
  /// - Source: MPI 3.1, §5.7 MPI_Allgather.
  public func allGather<T: BitwiseCopyable>(_ value: T) throws(MPIError) -> [T] {
    try allGather([value])
  }

  /// Arrays of equal length n one after another, on every rank.
  ///
  /// - Returns: (N · n).
  /// - Source: MPI 3.1, §5.7 MPI_Allgather.
  public func allGather<T: BitwiseCopyable>(_ values: [T]) throws(MPIError) -> [T] {
    try filled(values.count * size) { output throws(MPIError) in
      try values.withUnsafeBufferPointer { input throws(MPIError) in try allGather(input, into: output) }
    }
  }

  /// One text of each rank, on every rank.
  ///
  /// - Source: MPI 3.1, §5.7 MPI_Allgatherv, of UTF-8 bytes.
  public func allGather(_ text: String) throws(MPIError) -> [String] {
    try allGatherV(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }
}

/// A new array that `fill` writes all elements of.
func filled<T: BitwiseCopyable>(
  _ count: Int, _ fill: (UnsafeMutableBufferPointer<T>) throws(MPIError) -> Void
) throws(MPIError) -> [T] {
  var failure: MPIError?
  let result = [T](unsafeUninitializedCapacity: count) { buffer, initialized in
    do throws(MPIError) {
      try fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialized = count
    } catch {
      failure = error
    }
  }
  if let failure { throw failure }
  return result
}

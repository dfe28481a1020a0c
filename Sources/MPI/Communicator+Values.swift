// The collectives for single values, arrays and text: they allocate what they return. For start-up, reports and
// checkpoints, not for the training step.

extension Communicator {
  /// Reduces one value of each rank; every rank gets the result.
  ///
  /// - Source: MPI 3.1, §5.9.6 MPI_Allreduce.
  public func allReduce<T: MPIScalar>(_ value: T, _ operation: Reduction) throws(MPIError) -> T {
    var result = value
    try withUnsafeMutablePointer(to: &result) { pointer throws(MPIError) in
      try allReduce(inPlace: UnsafeMutableBufferPointer(start: pointer, count: 1), operation)
    }
    return result
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

  /// One value of the root, on every rank. The other ranks' values are ignored.
  ///
  /// - Source: MPI 3.1, §5.4 MPI_Bcast.
  public func broadcast<T: MPIScalar>(_ value: T, root: Int = 0) throws(MPIError) -> T {
    var result = value
    try withUnsafeMutablePointer(to: &result) { pointer throws(MPIError) in
      try broadcast(UnsafeMutableBufferPointer(start: pointer, count: 1), root: root)
    }
    return result
  }

  /// The root's array, on every rank. The other ranks' arrays are ignored and may have any length.
  ///
  /// - Source: MPI 3.1, §5.4 MPI_Bcast, twice: the length, then the elements.
  public func broadcast<T: MPIScalar>(_ values: [T], root: Int = 0) throws(MPIError) -> [T] {
    let count = try broadcast(values.count, root: root)
    var result = rank == root ? values : [T](repeating: T(), count: count)
    try result.withUnsafeMutableBufferPointer { buffer throws(MPIError) in
      try broadcast(buffer, root: root)
    }
    return result
  }

  /// The root's text, on every rank.
  ///
  /// - Source: MPI 3.1, §5.4 MPI_Bcast, of UTF-8 bytes.
  public func broadcast(_ text: String, root: Int = 0) throws(MPIError) -> String {
    String(decoding: try broadcast(Array(text.utf8), root: root), as: UTF8.self)
  }

  /// One value of each rank, in the order of the ranks, on every rank.
  ///
  /// - Returns: (N).
  /// - Source: MPI 3.1, §5.7 MPI_Allgather.
  public func allGather<T: MPIScalar>(_ value: T) throws(MPIError) -> [T] {
    try allGather([value])
  }

  /// Arrays of equal length n one after another, on every rank.
  ///
  /// - Returns: (N · n).
  /// - Source: MPI 3.1, §5.7 MPI_Allgather.
  public func allGather<T: MPIScalar>(_ values: [T]) throws(MPIError) -> [T] {
    var result = [T](repeating: T(), count: values.count * size)
    try result.withUnsafeMutableBufferPointer { output throws(MPIError) in
      try values.withUnsafeBufferPointer { input throws(MPIError) in
        try allGather(input, into: output)
      }
    }
    return result
  }

  /// Arrays of any length, one for each rank, on every rank.
  ///
  /// - Source: MPI 3.1, §5.7 MPI_Allgather of the lengths, then MPI_Allgatherv.
  public func allGatherV<T: MPIScalar>(_ values: [T]) throws(MPIError) -> [[T]] {
    let counts = try RankCounts(try allGather(values.count))
    var all = [T](repeating: T(), count: counts.total)
    try all.withUnsafeMutableBufferPointer { output throws(MPIError) in
      try values.withUnsafeBufferPointer { input throws(MPIError) in
        try allGatherV(input, into: output, counts: counts)
      }
    }
    return (0..<size).map { Array(all[counts.range($0)]) }
  }

  /// One text of each rank, on every rank.
  ///
  /// - Source: MPI 3.1, §5.7 MPI_Allgatherv, of UTF-8 bytes.
  public func allGather(_ text: String) throws(MPIError) -> [String] {
    try allGatherV(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// One value of each rank, in the order of the ranks, on the root.
  ///
  /// - Returns: (N) on the root, empty elsewhere.
  /// - Source: MPI 3.1, §5.5 MPI_Gather.
  public func gather<T: MPIScalar>(_ value: T, root: Int = 0) throws(MPIError) -> [T] {
    try gather([value], root: root)
  }

  /// Arrays of equal length n one after another, on the root.
  ///
  /// - Returns: (N · n) on the root, empty elsewhere.
  /// - Source: MPI 3.1, §5.5 MPI_Gather.
  public func gather<T: MPIScalar>(_ values: [T], root: Int = 0) throws(MPIError) -> [T] {
    var result = [T](repeating: T(), count: rank == root ? values.count * size : 0)
    try result.withUnsafeMutableBufferPointer { output throws(MPIError) in
      try values.withUnsafeBufferPointer { input throws(MPIError) in
        try gather(input, into: output, root: root)
      }
    }
    return result
  }
}

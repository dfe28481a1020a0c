// MPI 3.1 counts in C's 32-bit int; Swift buffers count in Int. These are the only ways from one to the other.

/// A number of elements as MPI wants it.
///
/// - Throws: `.count` when it does not fit 32 bits.
@inline(__always)
func elements(_ count: Int, in function: StaticString) throws(MPIError) -> CInt {
  guard let result = CInt(exactly: count), result >= 0 else {
    throw MPIError(.count, in: function, "\(count) elements do not fit in MPI's 32-bit count")
  }
  return result
}

/// The size of a buffer in bytes, as MPI wants it.
///
/// - Throws: `.count` when it does not fit 32 bits.
@inline(__always)
func bytes<T>(_ buffer: UnsafeBufferPointer<T>, in function: StaticString) throws(MPIError) -> CInt {
  let (count, overflows) = buffer.count.multipliedReportingOverflow(by: MemoryLayout<T>.stride)
  return try elements(overflows ? .max : count, in: function)
}

/// A tag as MPI wants it. The highest one allowed is left to MPI.
@inline(__always)
func tagArgument(_ tag: Int, in function: StaticString) throws(MPIError) -> CInt {
  guard let result = CInt(exactly: tag), result >= 0 else {
    throw MPIError(.tag, in: function, "\(tag) is no tag")
  }
  return result
}

/// How many elements each rank has in a collective where they differ, and where its part begins.
///
/// `offset(r) = count(0) + … + count(r − 1)`: the parts lie one after another in the order of the ranks.
/// Make it once and keep it: the collectives that take one then allocate nothing.
///
/// - Source: MPI 3.1, §5.5 MPI_Gatherv, `recvcounts` and `displs`.
public struct RankCounts: Sendable, Equatable {
  let counts: [CInt]
  let displacements: [CInt]

  /// The sum of all counts, in elements.
  public let total: Int

  /// - Parameter counts: one per rank, in elements.
  /// - Throws: `.count` when one is negative, or the sum does not fit 32 bits.
  public init(_ counts: [Int]) throws(MPIError) {
    var parts: [CInt] = []
    var starts: [CInt] = []
    var sum = 0
    for count in counts {
      starts.append(try elements(sum, in: "RankCounts"))
      parts.append(try elements(count, in: "RankCounts"))
      sum += count
    }
    _ = try elements(sum, in: "RankCounts")
    self.counts = parts
    self.displacements = starts
    self.total = sum
  }

  /// The number of ranks.
  public var ranks: Int { counts.count }

  /// The number of `rank`'s elements.
  public func count(_ rank: Int) -> Int { Int(counts[rank]) }

  /// Where `rank`'s elements lie in the whole.
  public func range(_ rank: Int) -> Range<Int> {
    let start = Int(displacements[rank])
    return start..<start + Int(counts[rank])
  }
}

/// Sorts indices below a bound, many of them in time proportional to their number, without touching the heap.
public struct IndexSorter: ~Copyable {
  /// (most) each.
  private let other: AlignedBuffer<UInt32>
  /// (2^digit), used for one digit after the other.
  private let starts: AlignedBuffer<UInt32>
  private let digit: Int
  private let digits: Int

  /// From so many on digits are counted; fewer are inserted one after the other.
  private static let fewest = 64
  private static let widestDigit = 8

  /// - Parameters:
  ///   - most: how many indices there are to sort at most.
  ///   - bound: what they are below.
  public init(most: Int, bound: Int) {
    let bits = max(Int.bitWidth - max(bound - 1, 0).leadingZeroBitCount, 1)
    digits = (bits + Self.widestDigit - 1) / Self.widestDigit
    digit = (bits + digits - 1) / digits
    other = AlignedBuffer(zeros: most)
    starts = AlignedBuffer(zeros: 1 << digit)
  }

  /// In ascending order, in place.
  public func sort(_ values: UnsafeMutableBufferPointer<UInt32>) {
    precondition(values.count <= other.count, "more indices than the sorter was made for")
    guard var source = values.baseAddress else { return }
    let count = values.count
    guard count >= Self.fewest else {
      insert(source, count)
      return
    }
    var target = other.pointer
    for index in 0..<digits {
      distribute(source, count, to: target, shift: UInt32(index * digit))
      swap(&source, &target)
    }
    if digits % 2 == 1 { target.update(from: source, count: count) }
  }

  private func insert(_ values: UnsafeMutablePointer<UInt32>, _ count: Int) {
    guard count > 1 else { return }
    for i in 1..<count {
      let value = values[i]
      var hole = i
      while hole > 0, values[hole - 1] > value {
        values[hole] = values[hole - 1]
        hole -= 1
      }
      values[hole] = value
    }
  }

  /// One pass of a sort by digits, least significant first: keeps the order of values whose digit is the same.
  private func distribute(
    _ source: UnsafePointer<UInt32>, _ count: Int, to target: UnsafeMutablePointer<UInt32>, shift: UInt32
  ) {
    let mask = UInt32(truncatingIfNeeded: starts.count - 1)
    starts.pointer.update(repeating: 0, count: starts.count)
    for i in 0..<count { starts[Int(source[i] &>> shift & mask)] &+= 1 }
    var start: UInt32 = 0
    for value in 0..<starts.count {
      let own = starts[value]
      starts[value] = start
      start &+= own
    }
    for i in 0..<count {
      let place = Int(source[i] &>> shift & mask)
      target[Int(starts[place])] = source[i]
      starts[place] &+= 1
    }
  }
}

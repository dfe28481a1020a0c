import Glibc
import MPI

func window(_ mpi: borrowing Environment) throws {
  let node = try mpi.world.splitShared()
  try exchange(Float.self, alignment: 64, on: node.communicator) { Float($0) }
  try exchange(Double.self, alignment: 4096, on: node.communicator) { Double($0) }
  try exchange(UInt8.self, alignment: 1, on: node.communicator) { UInt8(truncatingIfNeeded: $0) }
  try exchange(UInt64.self, alignment: 8, on: node.communicator) { UInt64($0) }
  try provide(on: node.communicator)
  try refuse(on: node.communicator)

  // Every byte of a new window is touched, so one that is not freed shows in the memory in use.
  let size = 1 << 18
  try expectNoLeak(of: size, rounds: 100, "a freed window") {
    try SharedWindow<UInt8>(on: node.communicator, count: size).free()
  }
  if node.size == 1 {
    try expectNoLeak(of: size, rounds: 100, "a dropped window") {
      _ = try SharedWindow<UInt8>(on: node.communicator, count: size)
    }
  }
  try node.free()
}

/// Segments of different sizes, one of them empty, written by their owners, then by their neighbours.
private func exchange<T: Equatable & BitwiseCopyable & Numeric>(
  _ type: T.Type, alignment: Int, on node: Communicator, _ value: (Int) -> T
) throws {
  let sizes = (0..<node.size).map { $0 == 1 ? 0 : ($0 + 1) * 1003 }
  let window = try SharedWindow<T>(on: node, count: sizes[node.rank], alignment: alignment)
  try expectEqual(window.local.count, sizes[node.rank])
  try expect(
    window.local.baseAddress == window.segment(of: node.rank).baseAddress, "local is another segment")

  var end = 0
  for rank in 0..<node.size {
    let segment = window.segment(of: rank)
    let start = Int(bitPattern: segment.baseAddress)
    try expectEqual(segment.count, sizes[rank])
    try expectEqual(start % alignment, 0, "rank \(rank)'s address modulo \(alignment)")
    try expect(start >= end, "rank \(rank)'s segment overlaps the one before")
    end = start + segment.count * MemoryLayout<T>.stride
    try expectAll(segment, "a new window") { _ in 0 }
  }
  try window.barrier()

  for i in window.local.indices { window.local[i] = value(i + node.rank * 7) }
  try window.barrier()
  for rank in 0..<node.size {
    try expectAll(window.segment(of: rank), "rank \(rank)'s segment") { value($0 + rank * 7) }
  }
  try window.barrier()

  // The next rank's segment, so that a segment read at a wrong offset cannot look right.
  let next = window.segment(of: (node.rank + 1) % node.size)
  for i in next.indices { next[i] = value(i + node.rank * 11 + 3) }
  try window.barrier()
  let previous = (node.rank + node.size - 1) % node.size
  try expectAll(window.local, "written by the neighbour") { value($0 + previous * 11 + 3) }
  try window.free()
}

/// One segment that is made real by its ranks, a part each, and the last rank's empty: its pages then take memory.
private func provide(on node: Communicator) throws {
  let size = 1 << 20
  let window = try SharedWindow<UInt8>(on: node, count: node.rank == 0 ? size : 0, touched: false)
  let parts = max(node.size - 1, 1)
  let (own, next) = (min(node.rank, parts), min(node.rank + 1, parts))
  let before = try node.allReduce(shareOfPagesInUse(window.segment(of: 0)), .max)
  try window.provide([(0, own * size / parts..<next * size / parts)])
  // A single rank's memory is the allocator's.
  if node.size > 1 { try expectEqual(before, 0, "the share of an untouched window's pages") }
  try expectEqual(try shareOfPagesInUse(window.segment(of: 0)), 1, "the share of a provided window's pages")
  try expectAll(window.segment(of: 0), "a provided window") { _ in 0 }
  try window.barrier()
  try window.free()
}

/// How many of a segment's whole pages have memory, whoever touched them: 0 to 1.
private func shareOfPagesInUse(_ segment: UnsafeMutableBufferPointer<UInt8>) throws -> Double {
  guard let start = segment.baseAddress else { return 0 }
  let page = Int(getpagesize())
  let first = start + (page - Int(bitPattern: start) % page) % page
  let count = (segment.count - (first - start)) / page
  var states = [UInt8](repeating: 0, count: count)
  try expectEqual(mincore(first, count * page, &states), 0, "mincore")
  return Double(states.count { $0 & 1 == 1 }) / Double(count)
}

/// Arguments that cannot be right throw on every rank before anything is allocated.
private func refuse(on node: Communicator) throws {
  for alignment in [0, -64, 48, 2, 1 << 20] {
    try expectThrows(.argument, "alignment \(alignment)") {
      _ = try SharedWindow<Float>(on: node, count: 1, alignment: alignment)
    }
  }
  for count in [-1, Int.max, Int.max / 4] {
    try expectThrows(.argument, "\(count) elements") { _ = try SharedWindow<Float>(on: node, count: count) }
  }
  try node.barrier()
}

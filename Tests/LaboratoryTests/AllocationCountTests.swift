import CAllocations
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// The zero that `bench` prints for allocations a step is worth something only if the counter counts.
@Suite struct AllocationCountTests {
  private func allocations(in body: () -> Void) -> UInt64 {
    let before = callocations_count()
    body()
    return callocations_count() - before
  }

  /// Frees memory where the optimiser does not see it: a pair of malloc and free that it sees, it leaves out.
  @inline(never)
  private func release(_ memory: UnsafeMutableRawPointer?) { free(memory) }

  @Test func countsEveryWayToAllocate() {
    guard callocations_are_counted() != 0 else { return }
    #expect(allocations { release(malloc(100)) } == 1)
    #expect(allocations { release(calloc(10, 10)) } == 1)
    #expect(allocations { release(realloc(malloc(10), 100_000)) } == 2)
    #expect(allocations { release(aligned_alloc(64, 128)) } == 1)
    let aligned = allocations {
      var memory: UnsafeMutableRawPointer?
      if posix_memalign(&memory, 64, 128) == 0 { free(memory) }
    }
    #expect(aligned == 1)
  }

  @Test func countsWhatSwiftAllocates() {
    guard callocations_are_counted() != 0 else { return }
    var kept: [Int] = []
    #expect(allocations { kept = Array(repeating: 1, count: 1000) } >= 1)
    #expect(kept.count == 1000)
  }

  @Test func countsNothingWhereNothingIsAllocated() {
    var sum = 0
    #expect(allocations { for i in 0..<1000 { sum &+= i } } == 0)
    #expect(sum == 499_500)
  }

  @Test func refusesAlignmentsThatAreNone() {
    var memory: UnsafeMutableRawPointer?
    #expect(posix_memalign(&memory, 3, 128) == EINVAL)
  }
}

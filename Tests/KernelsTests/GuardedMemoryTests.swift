import Foundation
import TestSupport
import Testing

/// The guards themselves: without these tests a kernel could overrun its arrays and nobody would see it.
@Suite struct GuardedMemoryTests {
  /// What the operating system may not read for us would crash us. Byte ranges are relative to the array.
  @Test func guardsAreRightAtTheEnds() throws {
    var pipeEnds: [Int32] = [-1, -1]
    try #require(pipe(&pipeEnds) == 0)
    defer { for end in pipeEnds { close(end) } }
    for floats in [3, 1024, 5000] {
      for placement in [GuardPlacement.beforeGuard, .behindGuard] {
        withGuardedMemory(placement) { memory in
          let start = UnsafeRawPointer(memory.array([Float](repeating: 1, count: floats)))
          let end = start + floats * MemoryLayout<Float>.stride
          let readableInside = write(pipeEnds[1], start, 1) == 1 && write(pipeEnds[1], end - 1, 1) == 1
          let readableOutside = write(pipeEnds[1], placement == .beforeGuard ? end : start - 1, 1) == 1
          #expect(readableInside && !readableOutside, "\(floats) floats, \(placement)")
        }
      }
    }
  }

  /// Writes that meet no guard page change the pattern, at either end.
  @Test(arguments: GuardPlacement.allCases, [-1, 3])
  func strayWritesAreFound(placement: GuardPlacement, index: Int) {
    let guarded = (placement == .beforeGuard && index == 3) || (placement == .behindGuard && index == -1)
    guard !guarded else { return }
    withGuardedMemory(placement) { memory in
      let pointer = memory.array([Float](repeating: 1, count: 3))
      #expect(memory.isIntact)
      pointer[index] = 0
      #expect(!memory.isIntact)
    }
  }

  @Test func mismatchesAreFound() {
    let expected = Exact(values: [1, 2], magnitudes: [1, 2])
    #expect(firstMismatch([1, 2] as [Float], expected, terms: 1) == nil)
    #expect(firstMismatch([1, .nan] as [Float], expected, terms: 1)?.index == 1)
    #expect(firstMismatch([1, 2 + 1e-6] as [Float], expected, terms: 1)?.index == 1)
    #expect(firstMismatch([1] as [Float], expected, terms: 1)?.index == 1)
    #expect(normwiseError([Float.nan], [1.0]) == .infinity)
    #expect(normwiseError([Float(1)], [0.0]) == .infinity)
    #expect(worstElementError([Float.nan], [1.0]) == .infinity)
    #expect(abs(worstElementError([3, 4] as [Float], [3.0, 4.5]) - 0.5 / (29.25 / 2).squareRoot()) < 1e-12)
  }
}

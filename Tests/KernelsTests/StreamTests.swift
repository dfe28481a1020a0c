import Kernels
import TestSupport
import Testing

@Suite("reading as fast as a core can")
struct StreamTests {
  @Test("every float is read, in every pass, and none beside them", arguments: [1, 2, 7], [1, 2, 5])
  func sums(grains: Int, passes: Int) {
    // Small whole numbers: sums are exact in any order.
    let values = (0..<grains * streamGrain).map { Float($0 % 7) }
    for placement in GuardPlacement.allCases {
      let sum = withGuardedMemory(placement) { memory in
        readStream(memory.array(values), count: values.count, passes: passes)
      }
      #expect(sum == Float(passes) * values.reduce(0, +))
    }
  }
}

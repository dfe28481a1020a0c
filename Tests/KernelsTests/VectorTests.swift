import Kernels
import TestSupport
import Testing

/// The vector type's own operations.
@Suite struct VectorTests {
  @Test(arguments: GuardPlacement.allCases)
  func loadsAndStores(placement: GuardPlacement) {
    let values = (0..<16).map { Float($0) - 3 }
    withGuardedMemory(placement) { memory in
      let (source, target) = (memory.array(values), memory.unwritten(16))
      Vector(source).store(target)
      #expect(array(target, 16) == values)
      #expect(memory.isIntact)
    }
  }

  /// Each lane counts, wherever it stands.
  @Test(arguments: 0..<16)
  func reductions(lane: Int) {
    var vector = Vector(repeating: -2)
    vector[lane] = 5
    #expect(vector.laneMaximum == 5)
    #expect(vector.laneSum == 5 - 2 * 15)
    vector[lane] = -7
    #expect(vector.laneMaximum == -2)
  }
}

import DataParallel
import GPT
import Testing

@Suite("the hash of the parameters")
struct ModelStateTests {
  private func state(seed: UInt64 = 1) throws -> ModelState {
    ModelState(shape: try Shape(dModel: 16, heads: 4), seed: seed)
  }

  /// Parameters that are exact in any float32 arithmetic: 0, 1/8, 2/8, … in canonical order.
  @Test("is the same on every machine and in every version")
  func fixedValue() throws {
    let state = try state()
    for i in 0..<state.shape.parameterCount { state.parameters[i] = Float(i) / 8 }
    #expect(state.parametersHash == "5a891bc0710be37f5ab89c59cf6ff41a")
  }

  @Test("depends on the seed alone")
  func seed() throws {
    #expect(try state(seed: 7).parametersHash == state(seed: 7).parametersHash)
    #expect(try state(seed: 7).parametersHash != state(seed: 8).parametersHash)
  }

  @Test("sees one bit of one parameter", arguments: [0, 4191])
  func oneBit(index: Int) throws {
    let state = try state()
    #expect(state.shape.parameterCount == 4192)
    let (hash, value) = (state.parametersHash, state.parameters[index])
    state.parameters[index] = Float(bitPattern: value.bitPattern ^ 1)
    #expect(state.parametersHash != hash)
    state.parameters[index] = value
    #expect(state.parametersHash == hash)
  }

  @Test("is of the parameters, not of Adam's moments")
  func moments() throws {
    let state = try state()
    let hash = state.parametersHash
    state.first[0] = 1
    state.second[0] = 1
    #expect(state.parametersHash == hash)
  }

  /// Ranks may each update a slice; what they arrive at together must not show how many they were.
  @Test("does not show how many ranks share an update", arguments: [2, 3, 4, 5, 7])
  func slices(ranks: Int) throws {
    func updated(by ranks: Int) throws -> String {
      let state = try state()
      let engine = EngineOptions().make(shape: state.shape, names: 1)
      let count = state.shape.parameterCount
      let gradient = (0..<count).map { Float($0 % 37 - 18) * 1e-3 }
      for update in 1...3 {
        for own in EngineOptions().layout(shape: state.shape).slices(ranks, .tiles) {
          engine.adam(
            AdamSlice(state.arrays, range: own, learningRate: 0.01, update: update), gradient: gradient)
        }
      }
      return state.parametersHash
    }
    #expect(try updated(by: ranks) == updated(by: 1))
  }
}

import Autograd
import GPT
import Reference
import TestSupport
import Testing

/// The model on a tape at C = 16: against the model whose backward pass was written by hand, and against a run that
/// was computed elsewhere.
@Suite struct TapeModelTests {
  private static func name(_ spelling: String) -> Name {
    spelling.utf8.map { $0 - UInt8(ascii: "a") }.withUnsafeBufferPointer { Name(letters: $0) }
  }

  private static func gradient(_ model: TapeModel<Double>, _ names: [Name], scale: Double) -> [Double] {
    model.tape.backward(from: sum(names.map { model.loss($0) }), scale: scale)
    return model.parameters.map(\.gradient)
  }

  /// Both in double precision: what is left is some ten layers of sums of up to 64 terms, each rounded to 1e-16.
  @Test(arguments: [1, 4, 16])
  func handWrittenBackwardPass(heads: Int) throws {
    let shape = try Shape(dModel: 16, heads: heads)
    let names = ["anna", "ann", "b", "christopherjamesx", "zoe"].map(Self.name)
    var initial = [Float](repeating: 0, count: shape.parameterCount)
    shape.initialise(&initial, seed: 5)
    let parameters = initial.map { Double($0) * 3 }
    let tape = TapeModel<Double>(shape: shape)
    tape.reset(parameters)
    let scalar = ScalarModel<Double>(shape: shape, names: names.count)
    let loss = names.withUnsafeBufferPointer { scalar.forward($0, parameters: parameters, scale: 0.5) }
    var expected = [Double](repeating: .nan, count: shape.parameterCount)
    scalar.backward(parameters: parameters, gradient: &expected)
    let gradient = Self.gradient(tape, names, scale: 0.5)
    #expect(abs(sum(names.map { tape.loss($0) }).number / loss - 1) < 1e-14)
    for tensor in Tensor.allCases {
      #expect(normwiseError(gradient[shape.range(tensor)], expected[shape.range(tensor)]) < 1e-13, "\(tensor)")
    }
  }

  /// The file's gradient is the double precision one rounded to single: each element by half a unit in the last place.
  @Test func golden() throws {
    let reference = try ReferenceCase(path: PackagePaths.golden("d16-h4-b16"))
    let model = TapeModel<Double>(shape: reference.shape)
    model.reset(reference.initial.map(Double.init))
    let names = reference.batches[0]
    let positions = Double(names.reduce(0) { $0 + $1.positions })
    let loss = names.reduce(0) { $0 + model.loss($1).number } / positions
    #expect(abs(loss / reference.losses[0] - 1) < 1e-13)
    let gradient = Self.gradient(model, names, scale: 1 / positions)
    for tensor in Tensor.allCases {
      let range = reference.shape.range(tensor)
      #expect(normwiseError(gradient[range], reference.gradient[range]) < Double(Float.ulpOfOne) / 2, "\(tensor)")
    }
  }

  /// As an engine, a rank without names contributes zeros.
  @Test func engineWithoutNames() throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let engine = TapeEngine(shape: shape)
    var gradient = [Float](repeating: .nan, count: shape.parameterCount)
    let parameters = [Float](repeating: 0.1, count: shape.parameterCount)
    let names = [Self.name("emma")]
    for names in [names, []] {
      let loss = names.withUnsafeBufferPointer { engine.forward($0, parameters: parameters, scale: 1) }
      engine.backward(parameters: parameters, gradient: &gradient)
      #expect((loss == 0) == names.isEmpty)
      #expect(gradient.allSatisfy { $0 == 0 } == names.isEmpty)
      #expect(engine.work.rows == (names.isEmpty ? 0 : 5))
    }
  }
}

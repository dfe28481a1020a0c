import Autograd
import GPT
import TestSupport
import Testing

/// The plain model in double precision: its loss against the model's definition, its gradient against differences.
@Suite struct ScalarModelTests {
  static let spellings = ["anna", "ann", "b", "christopherjamesx", "zoe"]
  static var names: [Name] { spellings.map { Name($0) }.sorted() }

  static func loss(_ model: ScalarModel<Double>, _ parameters: [Double]) -> Double {
    names.withUnsafeBufferPointer { model.forward($0, parameters: parameters, scale: 1) }
  }

  @Test(arguments: [(16, 4), (48, 3), (48, 16)])
  func lossAgainstTheDefinition(dModel: Int, heads: Int) throws {
    let shape = try Shape(dModel: dModel, heads: heads)
    let parameters = randomParameters(shape, seed: 3, deviation: 0.25)
    let model = ScalarModel<Double>(shape: shape, names: Self.names.count)
    let definition = TapeModel<Double>(shape: shape)
    definition.reset(parameters.map(Double.init))
    let expected = Self.names.reduce(0) { $0 + definition.loss($1).number }
    #expect(abs(Self.loss(model, parameters.map(Double.init)) / expected - 1) < 1e-12)
  }

  /// (f(x + h) − f(x − h)) / 2h for one parameter.
  static func difference(_ model: ScalarModel<Double>, _ parameters: inout [Double], _ at: Int, _ h: Double) -> Double {
    let value = parameters[at]
    defer { parameters[at] = value }
    parameters[at] = value + h
    let up = loss(model, parameters)
    parameters[at] = value - h
    return (up - loss(model, parameters)) / (2 * h)
  }

  /// The elements of a tensor that are compared.
  static let samples = 16

  /// A sample of every tensor's elements.
  ///
  /// At h = 1e-5 truncation is about 1e-10 and rounding about 1e-10 of a gradient's typical size. Where a step
  /// crosses a ReLU's edge the difference is useless, and a tenth of it decides; a wrong gradient fails both.
  @Test(arguments: [(16, 4), (48, 16)], Tensor.allCases)
  func finiteDifferences(size: (Int, Int), tensor: Tensor) throws {
    var random = SeededRandom(seed: UInt64(tensor.rawValue))
    let shape = try Shape(dModel: size.0, heads: size.1)
    var parameters = randomParameters(shape, seed: 9, deviation: 0.2).map(Double.init)
    let model = ScalarModel<Double>(shape: shape, names: Self.names.count)
    var gradient = [Double](repeating: .nan, count: shape.parameterCount)
    _ = Self.loss(model, parameters)
    model.backward(parameters: parameters, gradient: &gradient)
    let range = shape.range(tensor)
    let size = (range.reduce(0) { $0 + gradient[$1] * gradient[$1] } / Double(range.count)).squareRoot()
    try #require(size > 0)
    for _ in 0..<Self.samples {
      // Embeddings of letters that no name has are zero anyway: draw until the element counts.
      var index = random.int(below: range.count)
      while gradient[range.lowerBound + index] == 0 { index = random.int(below: range.count) }
      let at = range.lowerBound + index
      let bound = 1e-7 * max(size, abs(gradient[at]))
      let agrees = [1e-5, 1e-6].contains { abs(Self.difference(model, &parameters, at, $0) - gradient[at]) < bound }
      #expect(agrees, "element \(index), \(gradient[at])")
    }
  }

  /// Letters and positions that no name has get no gradient; all others get some.
  @Test func unusedEmbeddings() throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let model = ScalarModel<Double>(shape: shape, names: 1)
    let parameters = randomParameters(shape, seed: 9).map(Double.init)
    var gradient = [Double](repeating: .nan, count: shape.parameterCount)
    _ = [Name("ab")].withUnsafeBufferPointer { model.forward($0, parameters: parameters, scale: 1) }
    model.backward(parameters: parameters, gradient: &gradient)
    for token in 0..<Shape.vocabulary {
      let row = gradient[shape.range(.tokenEmbedding)][token * 16..<token * 16 + 16]
      #expect(row.contains { $0 != 0 } == [0, 1, Shape.boundary].contains(token))
    }
    let positions = shape.offset(.positionEmbedding)
    for t in 0..<Shape.context {
      #expect(gradient[positions + t * 16..<positions + t * 16 + 16].contains { $0 != 0 } == (t < 3))
    }
  }
}

import GPT
import TestSupport
import Testing

/// The vector engine against the scalar one: loss and every gradient, for many shapes and shards.
///
/// Both round differently on their way through some ten layers of sums of up to F = 4C terms, so they differ by
/// a small multiple of √F roundings. A layer's gain is the weights' deviation times √C; above 1 it makes large
/// scores, a rounding of which changes a probability by as much relatively: there the bounds are four times as wide.
@Suite struct EngineTests {
  /// Per tensor, norm-wise; and of one element, as a share of the tensor's root mean square.
  static let gradientBound = 5e-6
  static let elementBound = 1e-4
  /// The scalar engine adds the losses of up to 700 positions in single precision.
  static let lossBound = 5e-6

  static func compare(
    _ shape: Shape, _ names: [Name], deviation: Float, _ sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let parameters = randomParameters(shape, seed: UInt64(shape.dModel + shape.heads), deviation: deviation)
    let scale = 1 / Double(positions(names))
    let scalar = pass(makeEngine(.scalar, shape: shape, names: names.count), names, parameters, scale: scale)
    let vector = pass(makeEngine(.simd, shape: shape, names: names.count), names, parameters, scale: scale)
    let lossError = abs(vector.loss / scalar.loss - 1)
    #expect(lossError < lossBound, sourceLocation: sourceLocation)
    let widening = deviation * Float(shape.dModel).squareRoot() > 1 ? 4.0 : 1
    expectClose(
      shape, vector.gradient, scalar.gradient, widening * gradientBound, widening * elementBound, sourceLocation)
  }

  static func expectClose(
    _ shape: Shape, _ gradient: [Float], _ expected: [Float], _ bound: Double, _ elementBound: Double,
    _ sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for tensor in Tensor.allCases {
      let (values, reference) = (gradient[shape.range(tensor)], expected[shape.range(tensor)])
      let (error, worst) = (normwiseError(values, reference), worstElementError(values, reference))
      #expect(error < bound, "\(tensor)", sourceLocation: sourceLocation)
      #expect(worst < elementBound, "\(tensor)", sourceLocation: sourceLocation)
    }
  }

  /// Every specialised width and some that are not, heads of odd widths among them, with sharper attention too.
  @Test(
    arguments: [
      (16, 4), (16, 1), (16, 16), (32, 4), (48, 3), (48, 16), (64, 4), (80, 4), (80, 16), (96, 32), (112, 7),
      (128, 8),
    ], [Float(0.08), 0.25])
  func shapes(size: (Int, Int), deviation: Float) throws {
    var random = SeededRandom(seed: 7)
    let shape = try Shape(dModel: size.0, heads: size.1)
    Self.compare(shape, randomNames(16, random: &random), deviation: deviation)
  }

  @Test(arguments: [1, 2, 3, 5, 16, 100], [(16, 4), (48, 16)])
  func batches(names: Int, size: (Int, Int)) throws {
    var random = SeededRandom(seed: UInt64(names))
    let shape = try Shape(dModel: size.0, heads: size.1)
    Self.compare(shape, randomNames(names, random: &random), deviation: 0.08)
    // Three letters: nearly everything is shared.
    Self.compare(shape, randomNames(names, alphabet: 3, random: &random), deviation: 0.08)
  }

  @Test(arguments: [(256, 4), (512, 8), (272, 17)])
  func wideShapes(size: (Int, Int)) throws {
    var random = SeededRandom(seed: 3)
    Self.compare(try Shape(dModel: size.0, heads: size.1), randomNames(2, random: &random), deviation: 0.08)
  }

  /// Names that are hard on the rows' order: all the same, one inside another, one letter, more than 15 letters.
  @Test(arguments: [
    ["emma", "emma", "emma"], ["a"], ["z", "z"], ["a", "ab", "abc", "abcd"],
    ["abcdefghijklmnop", "abcdefghijklmnoq", "abcdefghijklmnopq", "abcdefghijklmno"], ["zzzzzzzzzzzzzzzzzzzz", "z"],
  ])
  func awkwardNames(spellings: [String]) throws {
    Self.compare(try Shape(dModel: 32, heads: 4), spellings.map { Name($0) }.sorted(), deviation: 0.25)
  }

  /// A rank without names contributes zeros to the sum: it must write them.
  @Test(arguments: EngineKind.available)
  func emptyShard(kind: EngineKind) throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let engine = makeEngine(kind, shape: shape, names: 2)
    let parameters = randomParameters(shape, seed: 1)
    _ = pass(engine, [Name("emma")], parameters, scale: 1)
    let empty = pass(engine, [], parameters, scale: 1)
    #expect(empty.loss == 0)
    #expect(empty.gradient.allSatisfy { $0 == 0 })
  }

  /// An engine carries nothing over from one step to the next.
  @Test(arguments: EngineKind.available)
  func repeatsBitForBit(kind: EngineKind) throws {
    var random = SeededRandom(seed: 5)
    let shape = try Shape(dModel: 48, heads: 3)
    let engine = makeEngine(kind, shape: shape, names: 40)
    let (small, large) = (randomNames(3, random: &random), randomNames(40, random: &random))
    let parameters = randomParameters(shape, seed: 1)
    let first = pass(engine, small, parameters, scale: 0.1)
    _ = pass(engine, large, randomParameters(shape, seed: 2, deviation: 0.3), scale: 3)
    let second = pass(engine, small, parameters, scale: 0.1)
    #expect(first.loss == second.loss)
    #expect(firstDifference(second.gradient, first.gradient) == nil)
  }

  /// The scale reaches the gradient and not the loss.
  @Test(arguments: EngineKind.available)
  func scale(kind: EngineKind) throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let engine = makeEngine(kind, shape: shape, names: 2)
    let (names, parameters) = ([Name("anna"), Name("bo")], randomParameters(shape, seed: 1))
    let (one, quarter) = (pass(engine, names, parameters, scale: 1), pass(engine, names, parameters, scale: 0.25))
    #expect(one.loss == quarter.loss)
    #expect(firstMismatch(quarter.gradient, one.gradient.map { Double($0) / 4 }) { _ in 1e-7 } == nil)
  }

  /// Work is what was really done: each distinct prefix once in vectors, every position in plain loops.
  @Test func work() throws {
    let shape = try Shape(dModel: 48, heads: 3)
    let (names, parameters) = ([Name("abc"), Name("ab"), Name("b")].sorted(), randomParameters(shape, seed: 1))
    let vector = makeEngine(.simd, shape: shape, names: 3)
    let scalar = makeEngine(.scalar, shape: shape, names: 3)
    _ = pass(vector, names, parameters, scale: 1)
    _ = pass(scalar, names, parameters, scale: 1)
    // Rows ·, ·a, ·ab, ·abc, ·b, all with pairs of their own but the two b's at different positions.
    #expect((vector.work.rows, vector.work.pairs) == (5, 5))
    #expect((scalar.work.rows, scalar.work.pairs) == (9, 9))
    // Multiply-adds of a row: 12 C² + 27 C, and C for each key in two products; thrice as much with the backward
    // pass, and two operations each.
    let products = Double(12 * 48 * 48 + 27 * 48)
    #expect(vector.work.flops == 6 * 5 * products + 12 * 48 * (1 + 2 + 3 + 4 + 2))
    #expect(scalar.work.flops == 6 * 9 * products + 12 * 48 * (10 + 6 + 3))
  }

  @Test(arguments: EngineKind.available, [48, 64])
  func kinds(kind: EngineKind, dModel: Int) throws {
    let shape = try Shape(dModel: dModel, heads: 4)
    let resolved = EngineOptions(kind: kind).resolvedKind(for: shape)
    #expect(resolved.isAvailable)
    let automatic: EngineKind = dModel >= 64 && EngineKind.sme2.isAvailable ? .sme2 : .simd
    #expect(resolved == (kind == .auto ? automatic : kind))
    #expect((makeEngine(kind, shape: shape, names: 1) is VectorEngine) == (resolved != .scalar))
  }

  @Test("auto takes SME2 from the chosen width on, and only where the CPU has it")
  func threshold() throws {
    var options = EngineOptions()
    options.sme2From = 32
    let (below, at) = (try Shape(dModel: 16, heads: 4), try Shape(dModel: 32, heads: 4))
    #expect(options.resolvedKind(for: below) == .simd)
    #expect(options.resolvedKind(for: at) == (EngineKind.sme2.isAvailable ? .sme2 : .simd))
  }
}

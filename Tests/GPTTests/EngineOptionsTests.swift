import GPT
import TestSupport
import Testing

/// The switches change what is computed twice, and not what comes out.
@Suite struct EngineOptionsTests {
  static func options(
    sharesPrefixes: Bool = true, skipsPadding: Bool = true, exponential: ExponentialPrecision = .fast
  ) -> EngineOptions {
    var options = EngineOptions()
    (options.sharesPrefixes, options.skipsPadding, options.exponential) = (sharesPrefixes, skipsPadding, exponential)
    return options
  }

  @Test(
    arguments: [
      options(sharesPrefixes: false), options(skipsPadding: false), options(sharesPrefixes: false, skipsPadding: false),
      options(exponential: .exact),
    ], [(16, 4, 16), (48, 3, 100), (64, 4, 3)])
  func gradientsStay(options: EngineOptions, size: (Int, Int, Int)) throws {
    var random = SeededRandom(seed: 1)
    let (shape, count) = (try Shape(dModel: size.0, heads: size.1), size.2)
    // Few letters: deep trees. More names than there are (token, position) pairs, too.
    let names = randomNames(count, alphabet: 5, random: &random)
    let (parameters, scale) = (randomParameters(shape, seed: 2), 1 / Double(positions(names)))
    let plain = pass(EngineOptions().make(shape: shape, names: count), names, parameters, scale: scale)
    let other = pass(options.make(shape: shape, names: count), names, parameters, scale: scale)
    #expect(abs(other.loss / plain.loss - 1) < 1e-6)
    EngineTests.expectClose(
      shape, other.gradient, plain.gradient, EngineTests.gradientBound, EngineTests.elementBound)
  }

  /// The coarse exponential shows in the gradient: the switch does something.
  @Test func coarseExponential() throws {
    let shape = try Shape(dModel: 32, heads: 4)
    let (names, parameters) = ([Name("anna"), Name("bo")], randomParameters(shape, seed: 2))
    let plain = pass(EngineOptions().make(shape: shape, names: 2), names, parameters, scale: 1)
    let coarse = pass(
      Self.options(exponential: .coarse).make(shape: shape, names: 2), names, parameters, scale: 1)
    let error = normwiseError(coarse.gradient, plain.gradient)
    #expect((1e-4...5e-2).contains(error))
  }

  /// What is computed: distinct prefixes, all positions, or sixteen of every name.
  @Test(arguments: [(true, true, 5, 5), (false, true, 9, 9), (false, false, 48, 48), (true, false, 44, 44)])
  func rows(shares: Bool, skips: Bool, rows: Int, pairs: Int) throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let engine = Self.options(sharesPrefixes: shares, skipsPadding: skips).make(shape: shape, names: 3)
    _ = pass(engine, [Name("abc"), Name("ab"), Name("b")].sorted(), randomParameters(shape, seed: 1), scale: 1)
    #expect(engine.work.rows == rows)
    #expect(shares || engine.work.pairs == pairs)
  }
}

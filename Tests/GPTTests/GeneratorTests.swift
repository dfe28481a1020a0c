import Autograd
import Foundation
import GPT
import TestSupport
import Testing

/// New names from fixed parameters.
@Suite struct GeneratorTests {
  static func names(
    _ shape: Shape, _ parameters: [Float], seed: UInt64, temperature: Double, _ range: Range<Int>,
    sharing: Bool = true, prefixes: Int = Generator.usualPrefixes
  ) -> [[UInt8]] {
    letters(
      Generator(
        shape: shape, parameters: parameters, seed: seed, temperature: temperature, sharing: sharing, prefixes: prefixes
      ).text(of: range))
  }

  /// 0…25, a name per line.
  static func letters(_ text: [UInt8]) -> [[UInt8]] {
    text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map { line in
      line.map { $0 - UInt8(ascii: "a") }
    }
  }

  /// The 27 logits behind `letters` by the model's definition.
  static func logits(_ shape: Shape, _ parameters: [Float], after letters: [UInt8]) throws -> [Double] {
    let model = TapeModel<Double>(shape: shape)
    model.reset(parameters.map(Double.init))
    return try #require(model.logits([Shape.boundary] + letters.map(Int.init)).last).map(\.number)
  }

  static func parameters(_ shape: Shape) -> [Float] { randomParameters(shape, seed: 8, deviation: 0.25) }

  @Test func sameSeedSameNames() throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let parameters = Self.parameters(shape)
    let first = Self.names(shape, parameters, seed: 1, temperature: 0.8, 0..<50)
    let (again, others) = (
      Self.names(shape, parameters, seed: 1, temperature: 0.8, 0..<50),
      Self.names(shape, parameters, seed: 2, temperature: 0.8, 0..<50)
    )
    #expect(firstDifference(again, first) == nil)
    #expect(firstDifference(others, first) != nil)
    #expect(Set(first).count > 20)
  }

  /// A name depends on its number alone: not on the names written before it or with it, nor on what is kept of them.
  @Test(arguments: [(16, 4), (48, 3), (64, 4), (128, 8)])
  func namesDoNotDependOnEachOther(size: (Int, Int)) throws {
    let shape = try Shape(dModel: size.0, heads: size.1)
    let parameters = Self.parameters(shape)
    let count = 5000
    func names(_ range: Range<Int>, sharing: Bool, prefixes: Int = Generator.usualPrefixes) -> [[UInt8]] {
      Self.names(shape, parameters, seed: 1, temperature: 1.5, range, sharing: sharing, prefixes: prefixes)
    }
    let all = names(0..<count, sharing: true)
    #expect(all.count == count)
    #expect(firstDifference(names(0..<count, sharing: false), all) == nil)
    // Room for the prefixes of one batch: after each, all is forgotten.
    #expect(firstDifference(names(0..<count, sharing: true, prefixes: 1), all) == nil)
    for range in [4321..<4322, 17..<40, 2000..<2100] {
      #expect(firstDifference(names(range, sharing: true), Array(all[range])) == nil)
      #expect(firstDifference(names(range, sharing: false), Array(all[range])) == nil)
    }
    let generator = Generator(shape: shape, parameters: parameters, seed: 1, temperature: 1.5)
    let parts = [3000..<count, 0..<1, 1..<3000].map { (range: $0, names: Self.letters(generator.text(of: $0))) }
    for part in parts { #expect(firstDifference(part.names, Array(all[part.range])) == nil) }
  }

  /// Letter by letter as the model's definition has it in double precision, from the same random numbers.
  @Test(arguments: [(16, 4, 0.6, 8), (32, 1, 1, 1), (48, 16, 0.8, 1)])
  func namesAreTheModels(width: Int, heads: Int, temperature: Double, count: Int) throws {
    let shape = try Shape(dModel: width, heads: heads)
    let parameters = Self.parameters(shape)
    let random = CounterRandom(seed: 5, stream: .generation)
    let expected = try (0..<count).map { name in
      var letters: [UInt8] = []
      while letters.count < Shape.context {
        let logits = try Self.logits(shape, parameters, after: letters)
        let top = try #require(logits.max())
        let weights = logits.map { exp(($0 - top) / temperature) }
        func drawn(_ weights: some Collection<Double>, draw number: UInt64) -> Int? {
          var left = (Double(random.bits(number) >> 41) + 0.5) * 0x1p-23 * weights.reduce(0, +)
          return Array(weights).firstIndex { weight in
            left -= weight
            return left < 0
          }
        }
        let number = UInt64(name * Shape.context + letters.count)
        var token = try #require(drawn(weights, draw: number))
        if token == Shape.boundary {
          guard letters.isEmpty else { break }
          token = try #require(drawn(weights.dropLast(), draw: number | 1 << 63))
        }
        letters.append(UInt8(token))
      }
      return letters
    }
    let names = Self.names(shape, parameters, seed: 5, temperature: temperature, 0..<count)
    #expect(firstDifference(names, expected) == nil)
  }

  /// Of names that begin alike, what they have in common is computed once.
  @Test func prefixesAreComputedOnce() throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let parameters = Self.parameters(shape)
    let sharing = Generator(shape: shape, parameters: parameters, seed: 1, temperature: 0.8)
    let apart = Generator(shape: shape, parameters: parameters, seed: 1, temperature: 0.8, sharing: false)
    let text = sharing.text(of: 0..<3000)
    #expect(apart.text(of: 0..<3000) == text)
    let names = Self.letters(text)
    let drawn = names.reduce(0) { $0 + min($1.count + 1, Shape.context) }
    let prefixes = Set(names.flatMap { name in (0...min(name.count, Shape.context - 1)).map { name.prefix($0) } })
    #expect(sharing.drawn == drawn && apart.drawn == drawn)
    #expect(apart.computed == drawn)
    #expect(sharing.computed == prefixes.count)
  }

  /// 0…25 and 1 to 16 letters, both ends of which must occur.
  @Test(arguments: [0.05, 0.5, 1, 10, 1000])
  func lettersAndLengths(temperature: Double) throws {
    let shape = try Shape(dModel: 48, heads: 3)
    let names = Self.names(shape, Self.parameters(shape), seed: 3, temperature: temperature, 0..<200)
    #expect(names.allSatisfy { (1...16).contains($0.count) && $0.allSatisfy { $0 < 26 } })
    if temperature >= 10 {
      #expect(names.contains { $0.count == 16 })
      #expect(names.contains { $0.count < 3 })
      #expect(Set(names.joined()).count == 26)
    }
  }

  /// Where the model would rather end at once, it begins with its likeliest letter, also where no other has a chance.
  @Test func endIsNeverFirst() throws {
    let shape = try Shape(dModel: 16, heads: 4)
    var parameters = Self.parameters(shape)
    let letters = try Self.logits(shape, parameters, after: []).dropLast()
    let likeliest = try #require(letters.indices.max { letters[$0] < letters[$1] })
    let head = shape.offset(.head)
    for place in 0..<shape.dModel {
      parameters[head + Shape.boundary * shape.dModel + place] =
        100 * parameters[head + likeliest * shape.dModel + place]
    }
    let logits = try Self.logits(shape, parameters, after: [])
    #expect(logits[Shape.boundary] > 10 * logits[likeliest] && logits[likeliest] > 0)
    for sharing in [true, false] {
      let names = Self.names(shape, parameters, seed: 4, temperature: 1e-4, 0..<100, sharing: sharing)
      #expect(names.allSatisfy { $0.first == UInt8(likeliest) })
    }
  }

  /// A name's probability is the product of its letters' and its end's by the definition; with sharing and without the
  /// same bits.
  @Test(arguments: [0.5, 1, 4])
  func probabilities(temperature: Double) throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let parameters = Self.parameters(shape)
    func scored(sharing: Bool) -> [(letters: [UInt8], model: Double, drawn: Double)] {
      let generator = Generator(
        shape: shape, parameters: parameters, seed: 2, temperature: temperature, sharing: sharing, scoring: true)
      var names: [(letters: [UInt8], model: Double, drawn: Double)] = []
      generator.forEach(of: 0..<40) { names.append((Array($0.letters), $0.logProbability, $0.drawnLogProbability)) }
      return names
    }
    let names = scored(sharing: true)
    #expect(zip(names, scored(sharing: false)).allSatisfy { $0 == $1 })
    #expect(names.contains { $0.letters.count == Shape.context } || temperature < 4)
    for name in names {
      var (model, drawn, magnitude) = (0.0, 0.0, 0.0)
      for position in 0..<min(name.letters.count + 1, Shape.context) {
        let logits = try Self.logits(shape, parameters, after: Array(name.letters.prefix(position)))
        let token = position < name.letters.count ? Int(name.letters[position]) : Shape.boundary
        let choices = position == 0 ? logits.dropLast() : logits[...]
        model += logits[token] - log(logits.map { exp($0) }.reduce(0, +))
        drawn += logits[token] / temperature - log(choices.map { exp($0 / temperature) }.reduce(0, +))
        magnitude += 2 * (logits.map(abs).max() ?? 0)
      }
      // A logit has come through sums of some hundred terms.
      let bound = roundingBound(terms: 400, magnitude: magnitude)
      #expect(abs(name.model - model) < bound && abs(name.drawn - drawn) < bound / min(temperature, 1))
    }
  }

  /// Near temperature 0 every letter is the likeliest one, as the model's definition has it.
  @Test(arguments: [(16, 4), (48, 3), (48, 16)], [1, 2, 3] as [UInt64])
  func lowTemperatureIsGreedy(size: (Int, Int), seed: UInt64) throws {
    let shape = try Shape(dModel: size.0, heads: size.1)
    let parameters = randomParameters(shape, seed: seed, deviation: 0.25)
    var greedy: [UInt8] = []
    while greedy.count < Shape.context {
      let logits = try Self.logits(shape, parameters, after: greedy)
      let choices = greedy.isEmpty ? logits.dropLast() : logits[...]
      guard let top = choices.max(), let token = choices.firstIndex(of: top), token != Shape.boundary else { break }
      greedy.append(UInt8(token))
    }
    #expect(Self.names(shape, parameters, seed: 4, temperature: 1e-4, 0..<2) == [greedy, greedy])
  }

  /// First letters follow the model's distribution at every temperature, the end left out.
  @Test(arguments: [0.5, 1, 2])
  func firstLettersFollowTheModel(temperature: Double) throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let parameters = Self.parameters(shape)
    let count = 2000
    let weights = try Self.logits(shape, parameters, after: []).dropLast().map { exp($0 / temperature) }
    let expected = weights.map { $0 / weights.reduce(0, +) }
    var seen = [Double](repeating: 0, count: Shape.vocabulary)
    for name in Self.names(shape, parameters, seed: 6, temperature: temperature, 0..<count) {
      seen[name.first.map(Int.init) ?? Shape.boundary] += 1
    }
    #expect(seen[Shape.boundary] == 0)
    for (share, number) in zip(expected, seen) {
      let deviation = (Double(count) * share * (1 - share)).squareRoot()
      #expect(abs(number - Double(count) * share) < 5 * deviation + 1)
    }
  }

  /// At a high temperature all 27 tokens are as good as equally likely, so each letter repeats the one before it once
  /// in 26 times: every letter has a draw of its own.
  @Test func lettersAreDrawnOneByOne() throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let names = Self.names(shape, Self.parameters(shape), seed: 9, temperature: 1000, 0..<500)
    let neighbours = names.flatMap { zip($0, $0.dropFirst()) }
    let share = Double(neighbours.count { $0 == $1 }) / Double(neighbours.count)
    #expect(neighbours.count > 2000)
    #expect(abs(share - 1.0 / 26) < 5 * (share / Double(neighbours.count)).squareRoot())
  }
}

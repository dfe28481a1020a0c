import Foundation
import TestSupport
import Testing

@testable import DataParallel

/// The estimator against made-up names, whose gradients and predictions are known.
@Suite("estimate of the noise scale")
struct NoiseEstimateTests {
  /// Names with a gradient sum and a number of predictions each, and what is true of all of them.
  private struct Population {
    let gradients: [[Double]]
    let predictions: [Int]
    let gradientSquared, noise: Double

    init(_ gradients: [[Double]], _ predictions: [Int]) {
      (self.gradients, self.predictions) = (gradients, predictions)
      let all = Double(predictions.reduce(0, +))
      let mean = gradients[0].indices.map { i in gradients.reduce(0) { $0 + $1[i] } / all }
      let squares = zip(gradients, predictions).map { gradient, count in
        zip(gradient, mean).reduce(0) { $0 + ($1.0 - Double(count) * $1.1) * ($1.0 - Double(count) * $1.1) }
      }
      gradientSquared = mean.reduce(0) { $0 + $1 * $1 }
      noise = squares.reduce(0, +) / Double(gradients.count - 1) / (all / Double(gradients.count))
    }

    func estimate(_ groups: [[Int]]) -> NoiseScale {
      let counts = groups.map { $0.reduce(0) { $0 + predictions[$1] } }
      let sums = groups.map { group in gradients[0].indices.map { i in group.reduce(0) { $0 + gradients[$1][i] } } }
      let mean = gradients[0].indices.map { i in
        sums.reduce(0) { $0 + $1[i] } / Double(counts.reduce(0, +))
      }
      return NoiseScale(
        groups: zip(sums, counts).map { sum, count in
          let deviation = zip(sum, mean).map { $0 - Double(count) * $1 }
          return NoiseGroup(
            predictions: count, deviationSquared: deviation.reduce(0) { $0 + $1 * $1 },
            projection: zip(deviation, mean).reduce(0) { $0 + $1.0 * $1.1 })
        }, meanSquared: mean.reduce(0) { $0 + $1 * $1 }, names: groups.reduce(0) { $0 + $1.count },
        trainingNames: gradients.count, trainingPredictions: predictions.reduce(0, +))
    }

    /// Random groups of equal size.
    func draw(groups: Int, of size: Int, _ random: inout SeededRandom) -> [[Int]] {
      let order = Array(gradients.indices.shuffled(using: &random).prefix(groups * size))
      return (0..<groups).map { Array(order[$0 * size..<($0 + 1) * size]) }
    }
  }

  /// A signal, and noise of which a few directions have most.
  private func population(_ names: Int, signal: Double, predictions: ClosedRange<Int>, seed: UInt64) -> Population {
    var random = SeededRandom(seed: seed)
    func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &random) } }
    let counts = (0..<names).map { _ in Int.random(in: predictions, using: &random) }
    return Population(
      counts.map { count in
        (0..<20).map { i in
          signal * Double(count) + normal() * Double(count).squareRoot() / Double(1 + i).squareRoot()
        }
      }, counts)
  }

  /// Every way to take groups of these sizes out of so many names.
  private func partitions(of names: [Int], into sizes: ArraySlice<Int>) -> [[[Int]]] {
    guard let size = sizes.first else { return [[]] }
    func choices(_ from: ArraySlice<Int>, _ count: Int) -> [[Int]] {
      guard count > 0 else { return [[]] }
      return from.indices.flatMap { i in choices(from[(i + 1)...], count - 1).map { [from[i]] + $0 } }
    }
    return choices(names[...], size).flatMap { group in
      partitions(of: names.filter { !group.contains($0) }, into: sizes.dropFirst()).map { [group] + $0 }
    }
  }

  @Test(
    "over all ways to draw the groups the mean is the truth, exactly, also for groups of unequal size",
    arguments: [[2, 2], [1, 3], [2, 1, 3], [3, 4]])
  func unbiased(sizes: [Int]) {
    let gradients = [[1.0, 0, 2], [3, 1, -1], [-2, 4, 0], [0.5, -3, 1], [2, 2, 2], [-1, 0, 5], [4, -2, 1]]
    let population = Population(gradients, [Int](repeating: 3, count: 7))
    let all = partitions(of: Array(0..<7), into: sizes[...]).map { population.estimate($0) }
    let count = Double(all.count)
    // Some 200 to 1,300 numbers of size 1, of which each has rounding errors of a few units in the last place.
    let tolerance = 1e-13
    #expect(abs(all.map(\.noise).reduce(0, +) / count / population.noise - 1) < tolerance)
    #expect(
      abs(all.map(\.gradientSquared).reduce(0, +) / count / population.gradientSquared - 1)
        < tolerance * population.noise / population.gradientSquared)
    #expect(all.allSatisfy { $0.groups == sizes.count && $0.names == sizes.reduce(0, +) })
  }

  @Test("names of unequal numbers of predictions: the mean of many draws is the truth")
  func unequalPredictions() {
    let population = population(600, signal: 0.02, predictions: 3...14, seed: 1)
    var random = SeededRandom(seed: 2)
    let draws = (0..<2000).map { _ in population.estimate(population.draw(groups: 10, of: 25, &random)) }
    for (values, truth) in [
      (draws.map(\.noise), population.noise), (draws.map(\.gradientSquared), population.gradientSquared),
    ] {
      let mean = values.reduce(0, +) / 2000
      let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1999).squareRoot()
      // Four standard errors. The bias of a quotient is of order 1 / 25 of a group's spread, whose share of S is itself
      // small: a thousandth.
      #expect(abs(mean - truth) < 4 * deviation / 2000.0.squareRoot() + 1e-3 * truth, "\(mean), truth \(truth)")
    }
  }

  /// Of 400 intervals of 95 %, 380 hold the truth, give or take 4.4; four of these deviations are allowed.
  @Test(
    "the interval holds the truth 95 times in 100, whatever the share of the names that is drawn",
    arguments: [400, 1000, 2000])
  func coverage(names: Int) {
    let population = population(names, signal: 0.02, predictions: 3...14, seed: 3)
    let truth = population.noise / population.gradientSquared
    var random = SeededRandom(seed: 4)
    var held = 0
    for _ in 0..<400 {
      let interval = population.estimate(population.draw(groups: 25, of: 16, &random)).inPredictions
      if (interval.low ?? .infinity) <= truth, truth <= interval.high ?? .infinity { held += 1 }
    }
    #expect((362...397).contains(held), "\(held) of 400")
  }

  @Test("a gradient that drowns in the noise has a lower end alone, and a gradient without noise has none")
  func unbounded() {
    var random = SeededRandom(seed: 5)
    let noise = population(4000, signal: 0, predictions: 5...5, seed: 6)
    let drowned = (0..<50).map { _ in noise.estimate(noise.draw(groups: 20, of: 16, &random)).inPredictions }
    // The truth is far above what 1,600 predictions can tell.
    #expect(drowned.filter { $0.high == nil }.count >= 45)
    #expect(drowned.filter { $0.estimate == nil }.count >= 10)
    #expect(drowned.allSatisfy { $0.low ?? 0 > 100 })
    let alike = Population([[Double]](repeating: [1, 2], count: 8), [Int](repeating: 2, count: 8))
    let scale = alike.estimate([[0, 1], [2, 3], [4, 5]])
    #expect(scale.inNames == NoiseScale.Interval(estimate: 0, low: 0, high: 0))
    #expect(scale.gradientSquared == 1.25)
  }

  @Test("in names it is the same by the predictions of a name")
  func names() throws {
    let population = population(200, signal: 0.5, predictions: 4...8, seed: 7)
    var random = SeededRandom(seed: 8)
    let scale = population.estimate(population.draw(groups: 10, of: 10, &random))
    let perName = Double(population.predictions.reduce(0, +)) / 200
    let (names, predictions) = (try #require(scale.inNames.estimate), try #require(scale.inPredictions.estimate))
    #expect(abs(names * perName / predictions - 1) < 1e-14)
    let (low, high) = (try #require(scale.inNames.low), try #require(scale.inNames.high))
    #expect(low < names && names < high)
  }

  /// From a table of the distribution.
  @Test(
    "Student's t",
    arguments: [(1.0, 12.706), (2, 4.303), (3, 3.182), (5, 2.571), (7, 2.365), (10, 2.228), (30, 2.042), (127, 1.979)])
  func student(degrees: Double, value: Double) {
    #expect(abs(studentQuantile(degrees: degrees) - value) < 0.01)
  }
}

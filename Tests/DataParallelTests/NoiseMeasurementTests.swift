import GPT
import TestSupport
import Testing

@testable import DataParallel

/// The measurement on real names, at the parameters with which a training begins.
@Suite("measurement of the noise scale")
final class NoiseMeasurementTests {
  private let names: NameTable
  private let shape: Shape
  private let parameters: AlignedBuffer<Float>
  private let engine: any Engine

  init() throws {
    // Every eighth: enough for groups, and each name's own gradient takes no long time.
    names = NameTable(sorted: try packageNames().names.enumerated().filter { $0.offset % 8 == 0 }.map(\.element))
    shape = try Shape(dModel: 16, heads: 4)
    parameters = AlignedBuffer(zeros: shape.parameterCount)
    shape.initialise(parameters.pointer, seed: 1)
    engine = EngineOptions(kind: .simd).make(shape: shape, names: TrainingStep.evaluationBatch)
    engine.parametersChanged(parameters.pointer)
  }

  private func groups(most: Int = 128, names count: Int = 1 << 15, seed: UInt64 = 1) -> NoiseGroups {
    NoiseGroups(seed: seed, table: names, most: most, mostNames: count)
  }

  private func measurement(_ groups: NoiseGroups) -> NoiseMeasurement {
    NoiseMeasurement(
      groups, names: names, engine: engine, parameters: parameters.pointer, rank: 0, ranks: 1, sum: { _ in })
  }

  /// The mean gradient of some names over their own predictions.
  private func gradient(_ names: [Name]) -> [Double] {
    let positions = names.reduce(0) { $0 + $1.positions }
    let part = AlignedBuffer<Float>(zeros: shape.parameterCount)
    var sum = [Double](repeating: 0, count: shape.parameterCount)
    for start in stride(from: 0, to: names.count, by: TrainingStep.evaluationBatch) {
      let own = Array(names[start..<min(start + TrainingStep.evaluationBatch, names.count)])
      own.withUnsafeBufferPointer {
        _ = engine.forward($0, parameters: parameters.pointer, scale: 1 / Double(positions))
      }
      engine.backward(parameters: parameters.pointer, gradient: part.pointer)
      for i in sum.indices { sum[i] += Double(part[i]) }
    }
    return sum
  }

  private func square(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 } }

  /// S and |G|² of the training set, from each name's own gradient.
  private func truth() -> (noise: Double, gradientSquared: Double, predictionsPerName: Double) {
    let mean = gradient(names.names)
    var sum = 0.0
    for name in names.names {
      let own = gradient([name])
      let count = Double(name.positions)
      sum += zip(own, mean).reduce(0) { $0 + count * count * ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    let perName = Double(names.names.reduce(0) { $0 + $1.positions }) / Double(names.count)
    return (sum / Double(names.count - 1) / perName, square(mean), perName)
  }

  @Test("holds the truth over the whole training set, drawn whole and in part")
  func againstTruth() throws {
    let truth = truth()
    let expected = truth.noise / truth.gradientSquared
    for (groups, seeds) in [(groups(), UInt64(1)...6), (groups(most: 32, names: 1024), 1...6)] {
      var held = 0
      for seed in seeds {
        let scale = try #require(try measurement(groups).measure(step: Int(seed)))
        let (low, high) = (try #require(scale.inPredictions.low), try #require(scale.inPredictions.high))
        if (low...high).contains(expected) { held += 1 }
        if groups.names == names.count {
          // Nothing is left to vary but the rounding of sums of float32: 1e-7 for each of some 60 names that an engine
          // adds up, of either sign.
          #expect(abs(scale.gradientSquared / truth.gradientSquared - 1) < 1e-5)
        }
        #expect(scale.names == groups.names && scale.groups == groups.count)
      }
      // Two of six miss once in 30 times, and these six are always the same.
      #expect(held >= 5, "\(held) of 6 intervals of \(groups.names) names hold \(expected)")
    }
  }

  /// Independent batches of two sizes, of which 200 names and more are drawn anew each time, with replacement.
  @Test("agrees with what two sizes of independent batches say")
  func againstBatches() throws {
    var random = SeededRandom(seed: 5)
    let (small, large, batches) = (32, 512, 60)
    func squares(_ size: Int) -> (squares: [Double], inverse: Double) {
      var all: [Double] = []
      var inverse = 0.0
      for _ in 0..<batches {
        let batch = (0..<size).map { _ in names.names[random.int(below: names.count)] }.sorted()
        inverse += 1 / Double(batch.reduce(0) { $0 + $1.positions }) / Double(batches)
        all.append(square(gradient(batch)))
      }
      return (all, inverse)
    }
    let (few, many) = (squares(small), squares(large))
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    func error(_ values: [Double]) -> Double {
      let own = mean(values)
      return (values.reduce(0) { $0 + ($1 - own) * ($1 - own) } / Double(batches * (batches - 1))).squareRoot()
    }
    // McCandlish et al., appendix A.1, in predictions.
    let noise = (mean(few.squares) - mean(many.squares)) / (few.inverse - many.inverse)
    let gradientSquared = mean(many.squares) - noise * many.inverse
    let noiseError = (error(few.squares) + error(many.squares)) / (few.inverse - many.inverse)
    let scale = try #require(try measurement(groups()).measure(step: 1))
    // Four standard errors of the batches; those of the measurement are far smaller.
    #expect(abs(scale.noise - noise) < 4 * noiseError, "\(scale.noise), batches say \(noise) ± \(noiseError)")
    let squareError = error(many.squares) + noiseError * many.inverse
    #expect(
      abs(scale.gradientSquared - gradientSquared) < 4 * squareError,
      "\(scale.gradientSquared), batches say \(gradientSquared) ± \(squareError)")
    #expect(noiseError < 0.1 * noise && squareError < 0.2 * gradientSquared, "the batches say something")
  }

  /// The trap: neighbours of a sorted batch begin alike, and are no sample of it.
  @Test("pieces of a sorted batch would give another answer")
  func sortedPieces() throws {
    let scale = try #require(try measurement(groups()).measure(step: 1))
    let batch = stride(from: 0, to: names.count, by: 4).map { names.names[$0] }
    let pieces = (0..<16).map { Array(batch[batch.count * $0 / 16..<batch.count * ($0 + 1) / 16]) }
    let mean = gradient(batch)
    let sorted = NoiseScale(
      groups: pieces.map { piece in
        let count = piece.reduce(0) { $0 + $1.positions }
        let deviation = zip(gradient(piece), mean).map { Double(count) * ($0 - $1) }
        return NoiseGroup(
          predictions: count, deviationSquared: square(deviation),
          projection: zip(deviation, mean).reduce(0) { $0 + $1.0 * $1.1 })
      }, meanSquared: square(mean), names: batch.count, trainingNames: names.count,
      trainingPredictions: names.names.reduce(0) { $0 + $1.positions })
    #expect(sorted.noise > 3 * scale.noise, "\(sorted.noise) of sorted pieces, \(scale.noise) of random groups")
  }

  @Test("ranks with a share of the groups each come to what one comes to", arguments: [2, 3, 40])
  func ranks(count: Int) throws {
    let groups = groups(most: 32, names: 1024)
    let whole = try #require(try measurement(groups).measure(step: 3))
    // Each in turn; what the others add is what they would have sent, collected in a round before.
    var sums: [[Double]] = []
    for round in 0..<2 {
      var own: [[Double]] = []
      for rank in 0..<count {
        var call = 0
        let part = NoiseMeasurement(
          groups, names: names, engine: engine, parameters: parameters.pointer, rank: rank, ranks: count
        ) { buffer in
          if call == round { own.append(Array(buffer)) }
          if call < round { _ = buffer.update(fromContentsOf: sums[call]) }
          call += 1
        }
        _ = try part.measure(step: 3)
      }
      sums.append(own[0].indices.map { i in own.reduce(0) { $0 + $1[i] } })
    }
    let last = NoiseMeasurement(
      groups, names: names, engine: engine, parameters: parameters.pointer, rank: 0, ranks: count
    ) { buffer in _ = buffer.update(fromContentsOf: sums.removeFirst()) }
    let together = try #require(try last.measure(step: 3))
    // Sums in double precision, in another order.
    #expect(abs(together.noise / whole.noise - 1) < 1e-12)
    #expect(abs(together.gradientSquared / whole.gradientSquared - 1) < 1e-11)
  }

  @Test("the parameters are read, and nothing of them is written")
  func readsOnly() throws {
    let before = Array(parameters.buffer)
    _ = try measurement(groups(most: 32, names: 1024)).measure(step: 1)
    #expect(Array(parameters.buffer) == before)
  }

  @Test("groups are of different names, anew for each step, the same again for the same, and not those of the batches")
  func drawn() {
    let (groups, others) = (groups(most: 10, names: 1003), groups(most: 10, names: 1003))
    func members(_ groups: NoiseGroups) -> [[Name]] {
      (0..<groups.count).map { index in
        let (names, predictions) = groups.members(of: index)
        #expect(predictions == names.reduce(0) { $0 + $1.positions })
        return Array(names)
      }
    }
    groups.draw(step: 7)
    let first = members(groups)
    #expect(first.map(\.count).reduce(0, +) == 1003 && first.allSatisfy { (100...101).contains($0.count) })
    // The table has names that come twice; at most that often.
    let all = Dictionary(first.flatMap { $0 }.map { ($0, 1) }, uniquingKeysWith: +)
    let there = Dictionary(names.names.map { ($0, 1) }, uniquingKeysWith: +)
    #expect(all.allSatisfy { $0.value <= there[$0.key] ?? 0 })
    #expect(first.allSatisfy { $0 == $0.sorted() })
    others.draw(step: 8)
    #expect(members(others) != first)
    others.draw(step: 7)
    #expect(members(others) == first && members(others) == first, "also when they are asked for twice")
    var batch = [UInt32](repeating: 0, count: 1003)
    batch.withUnsafeMutableBufferPointer {
      BatchSampler(seed: 1, names: names.count, batch: 1003).names(ofEpoch: 7, into: $0)
    }
    let batchNames = Set(batch.map { names.names[Int($0)] })
    // Of two random quarters of the names a quarter is the same.
    #expect(all.keys.filter(batchNames.contains).count < 400)
  }

  @Test("few names make few groups, of at least one", arguments: [2, 3, 17, 40, 500])
  func few(count: Int) throws {
    let few = NameTable(sorted: Array(names.names.prefix(count)))
    let groups = NoiseGroups(seed: 1, table: few)
    #expect(groups.names == count && groups.count == max(2, min(128, count / 16)))
    let scale = try NoiseMeasurement(
      groups, names: few, engine: engine, parameters: parameters.pointer, rank: 0, ranks: 1, sum: { _ in }
    ).measure(step: 1)
    #expect(try #require(scale).noise >= 0)
  }
}

import Foundation
import GPT
import Kernels
import TestSupport
import Testing

@testable import DataParallel

@Suite("steps that groups take by themselves")
struct LocalStepsTests {
  /// The losses of a run whose groups, of so many ranks, are played one after the other; with plain gradient descent.
  private func losses(
    every: Int, sizes: [Int], steps: Int, update: OuterUpdate = .average, descent: Bool = true, overlaps: Bool = false
  ) throws -> [Double] {
    var settings = try localSettings(batch: 64, steps: steps)
    settings.learningRate = descent ? 1 : 0.01
    settings.schedule = .constant
    var local = LocalSteps(every: every)
    (local.update, local.overlaps, local.isPlayed) = (update, overlaps, true)
    settings.localSteps = local
    let names = try packageNames()
    let groups = RankGroups(playing: sizes, world: .alone)
    let members = try sizes.indices.map { index in
      let own = settings.ofGroup(index, groups)
      let engine: any Engine =
        descent
        ? DescentEngine(own.engine, shape: own.shape, names: 64) : own.engine.make(shape: own.shape, names: 64)
      return try TrainingStep(
        settings: own, names: names, rank: 0, ranks: 1,
        synchronisation: SoloSynchronisation(parameterCount: own.shape.parameterCount), engine: engine)
    }
    let training = try LocalTraining(
      local, groups, settings: settings, steps: members, spans: [0..<settings.shape.parameterCount], world: .alone)
    training.begin()
    var losses: [Double] = []
    for step in 0..<steps {
      try training.step(step, measuringWait: false, requests: [], trace: nil)
      guard training.ends(round: step + 1) else { continue }
      try training.endRound(after: step + 1, wholly: false, measuresAll: false, trace: nil, check: nil) { entry, _ in
        losses.append(entry.outcome.loss)
      }
    }
    let models = members.map { Array($0.state.parameters.buffer) }
    #expect(training.isTogether && models.allSatisfy { $0 == models[0] })
    return losses
  }

  /// One rank that takes every step with the whole batch.
  private func wholeLosses(steps: Int) throws -> [Double] { try losses(every: 1, sizes: [1], steps: steps) }

  /// θ − η g_g, weighted by the group's share of the predicted positions, comes to θ − η g where g is of the whole batch. It is
  /// exact but for rounding, for plain gradient descent and K = 1, whatever names and letters the groups have. Losses of about
  /// 3 nats in float, over 30 steps that hardly amplify what was rounded before.
  @Test(
    "K = 1 and the mean of all: plain gradient descent of the whole batch", arguments: [[1, 1], [3, 1], [5, 2, 1]])
  func descent(sizes: [Int]) throws {
    let steps = 30
    let (whole, groups) = (try wholeLosses(steps: steps), try losses(every: 1, sizes: sizes, steps: steps))
    #expect(groups.count == steps)
    let mismatch = firstMismatch(groups, whole) { _ in 3 * 30 * 0x1p-23 }
    #expect(mismatch == nil, "\(String(describing: mismatch))")
    // It falls far more than that.
    #expect(whole[0] - whole[steps - 1] > 0.3)
    // Other numbers of steps are another training, and so is Adam, whose update is no mean of updates.
    #expect(firstMismatch(try losses(every: 5, sizes: sizes, steps: steps), whole) { _ in 1e-4 } != nil)
  }

  @Test("a step of rate 1 without momentum gives the same bits as the mean")
  func nesterovWithoutMomentum() throws {
    #expect(
      try losses(every: 4, sizes: [2, 1], steps: 24, update: .nesterov(rate: 1, momentum: 0), descent: false)
        == losses(every: 4, sizes: [2, 1], steps: 24, descent: false))
  }

  @Test(
    "an exchange during the next steps is another training that comes to nearly the same; its entries are all there")
  func overlap() throws {
    let (plain, late) = (
      try losses(every: 4, sizes: [1, 1], steps: 41, descent: false),
      try losses(every: 4, sizes: [1, 1], steps: 41, descent: false, overlaps: true)
    )
    #expect(plain.count == 41 && late.count == 41)
    #expect(Array(plain[..<8]) == Array(late[..<4]) + Array(plain[4..<8]))
    #expect(plain[8...] != late[8...])
    #expect(abs(plain[40] - late[40]) < 0.3 && late[40] < late[0] - 0.3)
  }
}

@Suite("the outer parameters")
struct OuterSliceTests {
  private let shape: Shape
  private let count: Int
  private var random = SeededRandom(seed: 5)

  init() throws {
    shape = try Shape(dModel: 16, heads: 4)
    count = shape.parameterCount
  }

  private mutating func state(hasMomentum: Bool = false) -> ModelState {
    let state = ModelState(shape: shape, seed: 1, hasOuterMomentum: hasMomentum)
    for index in 0..<count {
      state.first[index] = Float.random(in: -1...1, using: &random)
      state.second[index] = Float.random(in: 0...1, using: &random)
    }
    return state
  }

  private mutating func move(_ state: ModelState) -> [Float] {
    for index in 0..<count { state.parameters[index] += Float.random(in: -0.1...0.1, using: &random) }
    return Array(state.parameters.buffer)
  }

  @Test("Nesterov's momentum, over three rounds, against the same in double precision")
  mutating func nesterov() throws {
    let (rate, momentum) = (0.7, 0.9)
    var local = LocalSteps(every: 1)
    local.update = .nesterov(rate: rate, momentum: momentum)
    let own = state(hasMomentum: true)
    let slice = OuterSlice(local, state: own, spans: [0..<1000, 1000..<count])
    slice.begin()
    var outer = own.parameters.buffer.map(Double.init)
    var velocity = [Double](repeating: 0, count: count)
    for _ in 0..<3 {
      let (first, second) = (Array(own.first.buffer), Array(own.second.buffer))
      let moved = move(own)
      slice.leave(positions: 300)
      // Another group, which stayed where it was, and has no moments.
      let sums = slice.message.buffer.enumerated().map { $0 == 3 * count ? $1 + 100 : $1 }
      sums.withUnsafeBufferPointer { if let start = $0.baseAddress { slice.take(start) } }
      for index in 0..<count {
        let delta = -0.75 * (Double(moved[index]) - outer[index])
        velocity[index] = momentum * velocity[index] + delta
        outer[index] -= rate * (delta + momentum * velocity[index])
      }
      // A dozen roundings of numbers below 4.
      #expect(firstMismatch(own.parameters.buffer, outer) { _ in 12 * 4 * 0x1p-24 } == nil)
      #expect(firstMismatch(own.outerMomentum.buffer, velocity) { _ in 12 * 4 * 0x1p-24 } == nil)
      #expect(firstMismatch(own.first.buffer, first.map { 0.75 * Double($0) }) { _ in 0x1p-22 } == nil)
      #expect(firstMismatch(own.second.buffer, second.map { 0.75 * Double($0) }) { _ in 0x1p-22 } == nil)
    }
  }

  @Test("taken in late: own steps stay, half of the way to the mean, and moments as if the mean had been there before")
  mutating func late() throws {
    var local = LocalSteps(every: 7)
    local.overlaps = true
    let own = state()
    let slice = OuterSlice(local, state: own, spans: [0..<count])
    slice.begin()
    let start = own.parameters.buffer.map(Double.init)
    let sent = move(own).map(Double.init)
    let (first, second) = (own.first.buffer.map(Double.init), own.second.buffer.map(Double.init))
    slice.leave(positions: 10)
    let other = (0..<3 * count).map { $0 < count ? 0 : Double.random(in: 0...0.5, using: &random) }
    let sums = slice.message.buffer.enumerated().map { $0 == 3 * count ? 40 : $1 + Float(30 * other[$0]) }
    // Seven steps on: moments with gradients of nothing, parameters anywhere.
    let (left, leftSquare) = (pow(AdamStep.beta1, 7.0), pow(0.99, 7.0))
    let now = move(own).map(Double.init)
    for index in 0..<count {
      own.first[index] = Float(left * first[index])
      own.second[index] = Float(leftSquare * second[index])
    }
    sums.withUnsafeBufferPointer { if let start = $0.baseAddress { slice.takeIn(start, steps: 7, beta2: 0.99) } }
    let outer = (0..<count).map { start[$0] + 0.25 * (sent[$0] - start[$0]) }
    #expect(
      firstMismatch(own.parameters.buffer, (0..<count).map { now[$0] + 0.5 * (outer[$0] - sent[$0]) }) { _ in 0x1p-20 }
        == nil)
    let mean = (0..<count).map { 0.25 * first[$0] + 0.75 * other[count + $0] }
    let square = (0..<count).map { 0.25 * second[$0] + 0.75 * other[2 * count + $0] }
    #expect(firstMismatch(own.first.buffer, mean.map { left * $0 }) { _ in 0x1p-20 } == nil)
    #expect(firstMismatch(own.second.buffer, square.map { leftSquare * $0 }) { _ in 0x1p-20 } == nil)
    #expect(own.second.buffer.allSatisfy { $0 >= 0 })
  }

  @Test("a mean of squares that rounding would take below zero stays there")
  mutating func squares() {
    var local = LocalSteps(every: 1)
    local.overlaps = true
    let own = state()
    let slice = OuterSlice(local, state: own, spans: [0..<count])
    slice.begin()
    slice.leave(positions: 1)
    for index in 0..<count { own.second[index] *= 0.9 }
    // All others have none: what is left of what was sent is taken away, and that is more than there is.
    let sums = slice.message.buffer.enumerated().map { $0 == 3 * count ? 1_000_000 : $1 }
    sums.withUnsafeBufferPointer { if let start = $0.baseAddress { slice.takeIn(start, steps: 1, beta2: 0.99) } }
    #expect(own.second.buffer.allSatisfy { $0 == 0 })
  }
}

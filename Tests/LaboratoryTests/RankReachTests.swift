import Foundation
import Schemas
import TestSupport
import Testing

@testable import Laboratory

/// How far ranks help, on made-up steps, and how well the critical batch is known.
@Suite("how far ranks help")
struct RankReachTests {
  private static let law = Hyperbola { ($0.sMin, $0.bNoise) = (200, 1000) }
  private static let names = 28_830

  /// Steps of 2 µs a name, shared evenly, and so much ceremony on each of several ranks.
  private func reach(_ law: Hyperbola = law, names: Int = names, ceremony: @escaping (Int, Int) -> Double) -> RankReach
  {
    RankReach(law, trainingNames: names) { batch, ranks in
      guard ranks <= batch else { return nil }
      let work = 2 * Double(batch) / Double(ranks)
      let rest = ceremony(batch, ranks)
      return .init(
        microseconds: work + rest, communication: rest / (work + rest), ceremony: 1 - work / (work + rest))
    }
  }

  @Test("where each rank costs, ceremony ends it, at the ranks and the batch that arithmetic says")
  func ceremony() throws {
    let cost = { (_: Int, ranks: Int) in 10 + 0.05 * Double(ranks) }
    let limit = try #require(reach(ceremony: cost).limit)
    // By trying everything.
    var least = Double.infinity
    let batches = (4...14).map { 1 << $0 } + [Self.names]
    for ranks in (0...14).map({ 1 << $0 }) {
      for batch in batches where batch >= ranks {
        least = min(
          least, Self.law.steps(batch: batch) * (2 * Double(batch) / Double(ranks) + cost(batch, ranks)) * 1e-6)
      }
    }
    #expect(limit.seconds >= least && limit.seconds <= (1 + RankReach.notable) * least)
    // It is one of the rows, and no later one is faster by more than that.
    let times = reach(ceremony: cost).times((1...20).map { 1 << $0 })
    #expect(times.first { $0.ranks == limit.ranks }?.seconds == limit.seconds)
    #expect(times.allSatisfy { $0.ranks >= limit.ranks || $0.seconds > (1 + RankReach.notable) * least })
    #expect(limit.cause == "ceremony" && limit.ranks > 16 && limit.ranks < 1 << 14 && limit.batch < Self.names)
    #expect(abs(limit.noiseShare - Self.law.steps(batch: Self.names) / Double(limit.steps)) < 0.01)
    let step = 2 * Double(limit.batch) / Double(limit.ranks) + cost(limit.batch, limit.ranks)
    #expect(abs(limit.ceremonyShare - cost(limit.batch, limit.ranks) / step) < 1e-9)
  }

  @Test("where ceremony does not grow, or there is none, noise ends it")
  func noise() throws {
    // 100 µs on any number of ranks: nothing is left to win when the steps are the fewest.
    let constant = try #require(reach(ceremony: { _, _ in 100 }).limit)
    #expect(constant.cause == "noise" && constant.noiseShare > 0.9 && constant.ceremonyShare > 0.9, "\(constant)")
    let none = try #require(reach(ceremony: { _, _ in 0 }).limit)
    #expect(none.cause == "noise" && none.ranks == 1 << 14 && none.ceremonyShare == 0 && none.noiseShare > 0.9)
    // Larger batches would save much, and there are no names for more ranks.
    let endless = Hyperbola { ($0.sMin, $0.bNoise) = (200, 1e6) }
    let whole = try #require(reach(endless, ceremony: { _, _ in 0 }).limit)
    #expect(whole.cause == "noise" && whole.ranks == 1 << 14 && whole.noiseShare < 0.6, "\(whole)")
    // A training that hardly needs a batch: one of few names has the fewest steps there are, and a name for each rank.
    let small = Hyperbola { ($0.sMin, $0.bNoise) = (200, 1) }
    let early = try #require(reach(small, ceremony: { _, ranks in 0.2 * log2(Double(ranks)) }).limit)
    #expect(early.cause == "noise" && early.batch < 1000 && early.ranks == early.batch, "\(early)")
  }

  @Test("no batch is larger than the training set, and no rank is without a name", arguments: [1, 5, 100, 28_830])
  func trainingSet(names: Int) throws {
    let reach = reach(names: names, ceremony: { _, _ in 0 })
    let times = reach.times((1...20).map { 1 << $0 })
    #expect(times.allSatisfy { $0.batch <= names && ($0.usedRanks ?? .max) <= min($0.batch, $0.ranks) })
    #expect(times.count == 20 && times.map(\.ranks) == (1...20).map { 1 << $0 })
    #expect(try #require(reach.limit).batch <= names)
  }

  @Test("more ranks never take longer: those that only cost are left out")
  func falling() throws {
    // So dear that 64 ranks are the most that pay.
    let reach = reach(ceremony: { _, ranks in ranks > 64 ? 1e6 : 0 })
    let times = reach.times((1...20).map { 1 << $0 })
    #expect(zip(times, times.dropFirst()).allSatisfy { $0.seconds >= $1.seconds })
    #expect(times.suffix(14).allSatisfy { $0.usedRanks == 64 })
    #expect(try #require(reach.limit).ranks == 64)
  }

  // MARK: - the critical batch

  private func points(_ scatter: Double, seed: UInt64, batches: [Int] = [16, 32, 64, 96, 128, 192, 256, 384, 512])
    -> [BatchSteps]
  {
    var random = SeededRandom(seed: seed)
    return batches.map { batch in
      let factor = exp(scatter * (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &random) })
      return BatchSteps {
        ($0.batch, $0.steps) = (batch, Int((Self.law.steps(batch: batch) * factor * 1000).rounded()))
      }
    }
  }

  @Test("the critical batch of points on a hyperbola is known, and as wide as the points scatter else")
  func criticalBatch() throws {
    let exact = try #require(CriticalBatch(points(0, seed: 1), predictionsPerName: 7))
    #expect(abs(exact.names / 1000 - 1) < 1e-4 && abs(exact.predictions / exact.names - 7) < 1e-9)
    let (low, high) = (try #require(exact.namesLow), try #require(exact.namesHigh))
    #expect(low > 999 && high < 1001)
    // By the root of the number of points less two, and as much as the scatter: 5 % and 10 %.
    let widths = try [0.05, 0.1].map { scatter in
      let widths = try (1...40).map { seed -> Double in
        let batch = try #require(CriticalBatch(points(scatter, seed: UInt64(seed)), predictionsPerName: 7))
        return log(try #require(batch.namesHigh) / (try #require(batch.namesLow)))
      }
      return widths.sorted()[20]
    }
    #expect(abs(widths[1] / widths[0] - 2) < 0.5, "\(widths)")
  }

  /// Of 200 intervals 190 should hold it, give or take 3; a jackknife of nine points is only nearly right.
  @Test("its interval holds the truth about 95 times in 100")
  func coverage() throws {
    let held = try (1...200).filter { seed in
      let batch = try #require(CriticalBatch(points(0.05, seed: UInt64(seed)), predictionsPerName: 7))
      return (try #require(batch.namesLow)...(try #require(batch.namesHigh))).contains(1000)
    }
    #expect((172...199).contains(held.count), "\(held.count) of 200")
  }

  @Test("few points have no interval, and points without a hyperbola no critical batch")
  func few() throws {
    let three = try #require(CriticalBatch(points(0, seed: 1, batches: [16, 64, 256]), predictionsPerName: 7))
    #expect(three.namesLow == nil && three.namesHigh == nil && three.predictionsLow == nil)
    #expect(CriticalBatch(points(0, seed: 1, batches: [16, 64]), predictionsPerName: 7) == nil)
  }
}

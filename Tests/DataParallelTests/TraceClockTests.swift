import GPT
import Testing

@testable import DataParallel

@Suite("clocks of several hosts")
struct TraceClockTests {
  /// Rank 0's clock is `ahead` of this one; a message takes `there` to it and `back` from it.
  private func exchange(at time: UInt64, ahead: Int, there: UInt64, back: UInt64) -> ClockExchange {
    ClockExchange(asked: time, heard: time + there + back, told: UInt64(Int(time + there) + ahead))
  }

  @Test("a symmetric exchange tells the offset exactly", arguments: [-5_000_000, 0, 123_456_789])
  func symmetric(ahead: Int) {
    let reading = exchange(at: 10_000_000_000, ahead: ahead, there: 7000, back: 7000).reading
    #expect(reading.offset == Double(ahead))
    #expect(reading.error == 7000)
    #expect(reading.at == 10_000_007_000)
  }

  @Test("the fastest of uneven exchanges is taken, and is not wrong by more than it says")
  func uneven() throws {
    var random = CounterGenerator(seed: 5)
    for _ in 0..<200 {
      let ahead = Int(random.next() % 1_000_000) - 500_000
      let all = (0..<16).map { index in
        exchange(
          at: 1_000_000_000 + UInt64(index) * 100_000, ahead: ahead, there: 1000 + random.next() % 50_000,
          back: 1000 + random.next() % 50_000)
      }
      let best = try #require(bestReading(all))
      #expect(abs(best.offset - Double(ahead)) <= best.error)
      #expect(all.allSatisfy { $0.reading.error >= best.error })
    }
    #expect(bestReading([]) == nil)
  }

  @Test("a drift between two readings is followed")
  func drift() {
    let before = ClockReading(at: 1_000_000, offset: 500, error: 0)
    let after = ClockReading(at: 3_000_000, offset: 900, error: 0)
    #expect(clockOffset(at: 1_000_000, before, after) == 500)
    #expect(clockOffset(at: 2_000_000, before, after) == 700)
    #expect(clockOffset(at: 3_000_000, before, after) == 900)
    #expect(clockOffset(at: 5_000_000, before, before) == 500)
  }
}

/// xorshift64: any numbers will do.
private struct CounterGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}

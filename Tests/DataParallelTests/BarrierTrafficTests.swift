import DataParallel
import Foundation
import Testing

@Suite("what a barrier moves")
struct BarrierTrafficTests {
  @Test("few ranks look at each other's flags, many meet in waves")
  func counts() {
    #expect(BarrierTraffic(ranks: 1).transfers == 0 && BarrierTraffic(ranks: 1).depth == 0)
    #expect(BarrierTraffic(ranks: 2).transfers == 4 && BarrierTraffic(ranks: 2).depth == 1)
    #expect(BarrierTraffic(ranks: 15).transfers == 225 && BarrierTraffic(ranks: 15).depth == 14)
    #expect(BarrierTraffic(ranks: 16).transfers == 128 && BarrierTraffic(ranks: 16).depth == 4)
    // 16 that meet in 4 waves, and 8 that go with one of them, there and back.
    #expect(BarrierTraffic(ranks: 24).transfers == 2 * (64 + 16) && BarrierTraffic(ranks: 24).depth == 6)
  }

  @Test("in all O(N log N), on the longest way O(log N)", arguments: 16...600)
  func growth(ranks: Int) {
    let (traffic, waves) = (BarrierTraffic(ranks: ranks), log2(Double(ranks)))
    #expect(Double(traffic.transfers) <= 2 * Double(ranks) * waves)
    #expect(Double(traffic.depth) <= waves + 2)
  }
}

import Testing
import Topology

@Suite("a core for every rank")
struct CoresTests {
  @Test(
    "there is one",
    arguments: [
      [[0]], [[0], [1]], [[63], [64]], [[0, 1], [0, 1]], [[0, 1], [0]], [[0], [0, 1]], [[0, 1, 2], [0], [1]],
      [[2, 3], [1, 2], [0, 1], [0]],
    ])
  func enough(cpus: [[Int]]) { #expect(crowds(cpus).isEmpty) }

  @Test(
    "there are too few",
    arguments: [
      [[]], [[0], [0]], [[0, 1], [0, 1], [0, 1]], [[0, 1, 2, 3], [0], [0]], [[5], [5, 6], [6]], [[0], []],
    ])
  func tooFew(cpus: [[Int]]) { #expect(!crowds(cpus).isEmpty) }

  @Test("who has none is named, with all they may use, and nobody else")
  func names() {
    #expect(
      crowds([[5], [0, 1], [1], [0], [6], [5]]) == [
        Crowd(ranks: [0, 5], places: [5]), Crowd(ranks: [1, 2, 3], places: [0, 1]),
      ])
    #expect(crowds([[], [1]]) == [Crowd(ranks: [0], places: [])])
    #expect(crowds([[3], [3], [3], [1, 2]]) == [Crowd(ranks: [0, 1, 2], places: [3])])
  }

  @Test("many ranks on many cores, bound or not")
  func many() {
    #expect(crowds((0..<100).map { [$0] }).isEmpty)
    #expect(crowds((0..<128).map { _ in Array(0..<128) }).isEmpty)
    #expect(!crowds((0..<100).map { _ in Array(0..<99) }).isEmpty)
  }

  @Test("a mask's bits are CPUs, across words")
  func mask() {
    #expect(cpus(of: [1 << 63 | 1, 0, 1 << 2]) == [0, 63, 130])
    #expect(cpus(of: []) == [])
  }
}

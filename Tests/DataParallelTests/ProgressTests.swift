import Testing

@testable import DataParallel

@Suite("a run's progress")
struct ProgressTests {
  private func add(_ steps: Range<Int>, to statistics: inout RunStatistics) {
    for step in steps {
      statistics.add(
        loss: 1 / Double(step + 1), nanoseconds: 1000, positions: 9, names: 2,
        rows: RowCounts(whole: 4, sum: 5, largest: 3), phases: nil)
    }
  }

  @Test(
    "losses, rows and steps go on where they were, whenever the run is cut", arguments: [1, 50, 99, 100, 101, 130, 249])
  func resumed(cut: Int) {
    var whole = RunStatistics(steps: 250, ranks: 2)
    add(0..<250, to: &whole)
    var first = RunStatistics(steps: 250, ranks: 2)
    add(0..<cut, to: &first)
    let progress = first.progress(isLast: false)
    #expect(progress.losses.count == min(cut, 100) && progress.losses.last == 1 / Double(cut))
    var second = RunStatistics(steps: 250, ranks: 2, resumed: progress)
    add(cut..<250, to: &second)
    let expected = whole.summary(samples: 1, ownSamples: 1, parametersHash: "", interrupted: false)
    let summary = second.summary(samples: 1, ownSamples: 1, parametersHash: "", interrupted: false)
    #expect(summary.lossLast100 == expected.lossLast100)
    #expect(summary.steps == 250 && summary.rows == expected.rows && summary.resumedFrom == cut)
    #expect(summary.elapsedSeconds >= progress.elapsedSeconds)
  }

  @Test("rows of another number of ranks are left out, unless the run is over")
  func otherRanks() {
    var first = RunStatistics(steps: 20, ranks: 3)
    add(0..<10, to: &first)
    #expect(
      RunStatistics(steps: 20, ranks: 2, resumed: first.progress(isLast: true)).progress(isLast: true).rows.sum == 0)
    add(10..<20, to: &first)
    let over = first.progress(isLast: true)
    let again = RunStatistics(steps: 20, ranks: 2, resumed: over).progress(isLast: true)
    #expect(again == over)
    #expect(over.microsecondsPerStep == 1)
  }

  @Test("moments are taken from the lowest rank that keeps each slice")
  func owners() {
    func ranks(_ slices: [Range<Int>]) -> [Int] { SnapshotExchange.owners(slices).map(\.rank) }
    #expect(ranks([0..<8, 0..<8, 0..<8]) == [0])
    #expect(ranks([0..<3, 3..<3, 3..<8]) == [0, 2])
    // Two nodes of two ranks, and a third rank that owns nothing.
    #expect(ranks([0..<4, 4..<8, 8..<8, 0..<4, 4..<8]) == [0, 1])
  }
}

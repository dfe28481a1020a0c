import DataParallel
import Testing
import Values

@testable import Laboratory

@Suite("Parts of a step")
struct StepPartsTests {
  /// In µs, by rank.
  private struct Step {
    var selection, passes, wait, synchronisation, adam: [Double]
  }

  /// Rank 1 comes to the exchange after 130 µs, rank 0 after 110; both are through the barrier at 135.
  private let plain = Step(
    selection: [10, 20], passes: [100, 110], wait: [25, 5], synchronisation: [5, 6], adam: [8, 7])

  private func logs(_ steps: [Step]) -> [PhaseLog] {
    var logs = [PhaseLog(), PhaseLog()]
    for step in steps {
      for rank in logs.indices {
        var phases = PhaseTimes()
        (phases[.selection], phases[.forward]) = (1000 * step.selection[rank], 400 * step.passes[rank])
        (phases[.backward], phases[.wait]) = (600 * step.passes[rank], 1000 * step.wait[rank])
        (phases[.synchronisation], phases[.adam]) = (1000 * step.synchronisation[rank], 1000 * step.adam[rank])
        logs[rank].add(phases, rows: 1, switches: 0)
      }
    }
    return logs
  }

  private func expect(_ parts: StepParts, _ expected: [Double], _ comment: Comment) {
    let found = [parts.selection, parts.passes, parts.wait, parts.update, parts.synchronisation]
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-9 }, "\(comment): \(found)")
  }

  @Test("along the rank that the others wait for; their sum is the step")
  func sum() {
    // Selection: (10 + 20) / 2. Passes: 130 − 15. Wait: 135 − 130. Update: the most. Exchange: 13 − 8. 148 in all.
    expect(StepParts(logs([plain])), [15, 115, 5, 8, 5], "one step")
  }

  @Test("the mean where steps are long and short by turns, without those that lost a core")
  func turns() {
    var long = plain
    long.selection = [40, 50]
    // Selection 15 and 45; nothing else changes.
    expect(StepParts(logs([plain, long, plain, long])), [30, 115, 5, 8, 5], "by turns")
    var lost = plain
    lost.passes[1] = 10_110
    lost.wait[0] = 10_025
    expect(StepParts(logs([plain, plain, lost, plain, plain, plain])), [15, 115, 5, 8, 5], "a lost core")
  }

  @Test("no part is below nothing, and no step has no parts")
  func least() {
    var early = plain
    // A rank that is gone before the last one has come, by clocks that differ.
    (early.wait, early.adam, early.synchronisation) = ([18, 0], [9, 1], [0, 0])
    // Wait: (128 + 130) / 2 − 130. Exchange: 5 − 9.
    expect(StepParts(logs([early])), [15, 115, 0, 9, 0], "early")
    expect(StepParts([]), [0, 0, 0, 0, 0], "none")
  }
}

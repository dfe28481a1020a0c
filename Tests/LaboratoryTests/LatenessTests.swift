import DataParallel
import Testing

@testable import Laboratory

@Suite("Late ranks")
struct LatenessTests {
  /// Two ranks, 100 µs and 50 rows a step, but for what is said of rank 1 in one step.
  private func logs(late: Double = 0, rows: Int = 0, switches: UInt64 = 0) -> [PhaseLog] {
    (0..<2).map { rank in
      var log = PhaseLog()
      for step in 0..<10 {
        let isIt = rank == 1 && step == 4
        var phases = PhaseTimes()
        phases[.forward] = (100 + (isIt ? late : 0)) * 1000
        log.add(phases, rows: 50 + (isIt ? rows : 0), switches: isIt ? switches : 0)
      }
      return log
    }
  }

  @Test("ranks that take turns in being a little late are not told")
  func none() {
    #expect(Lateness(logs()).entries.isEmpty)
    #expect(Lateness(logs(late: 15)).entries.isEmpty)
  }

  @Test("more rows explain the time they take")
  func rows() {
    // 2 µs a row.
    let expected = Lateness.Entry(rank: 1, cause: .rows, steps: 1, waited: 40)
    #expect(Lateness(logs(late: 40, rows: 20)).entries == [expected])
    #expect(Lateness(logs(late: 40, rows: 20, switches: 1)).entries == [expected])
  }

  @Test("a lost core explains what rows do not")
  func lostCore() {
    let expected = Lateness.Entry(rank: 1, cause: .lostCore, steps: 1, waited: 400)
    #expect(Lateness(logs(late: 400, switches: 2)).entries == [expected])
    #expect(Lateness(logs(late: 400, rows: 20, switches: 2)).entries == [expected])
  }

  @Test("nothing is made up where neither does")
  func unexplained() {
    #expect(
      Lateness(logs(late: 400)).entries == [Lateness.Entry(rank: 1, cause: .unexplained, steps: 1, waited: 400)])
    #expect(Lateness(logs(late: 400)).entries(above: 39).count == 1)
    #expect(Lateness(logs(late: 400)).entries(above: 41).isEmpty)
  }
}

import Schemas
import Values

/// Which ranks the others had to wait for, and why.
struct Lateness {
  struct Entry: Equatable {
    var rank: Int
    var cause: LateRank.Cause
    var steps: Int
    /// How long the others waited, on the average of them, summed over the steps; in µs.
    var waited: Double
  }

  /// By rank, then cause.
  private(set) var entries: [Entry] = []
  private let steps: Int

  /// A rank is late where its passes took this much longer than the mean of the others', as a share of that.
  static let threshold = 0.2

  /// - Parameter logs: one for each rank, of the same steps.
  init(_ logs: [PhaseLog]) {
    steps = logs.first?.count ?? 0
    guard logs.count > 1, steps > 0 else { return }
    let timePerRow = Self.timePerRow(logs)
    for step in 0..<steps {
      let times = logs.map { $0.passes[step] }
      guard let latest = times.indices.max(by: { times[$0] < times[$1] }) else { continue }
      let others = Double(logs.count - 1)
      let excess = times[latest] - (times.reduce(0, +) - times[latest]) / others
      guard excess > Self.threshold * (times[latest] - excess) else { continue }
      let rows = logs.map { $0.rows[step] }
      let moreRows = rows[latest] - (rows.reduce(0, +) - rows[latest]) / others
      let cause: LateRank.Cause =
        if moreRows * timePerRow >= excess / 2 {
          .rows
        } else if logs[latest].switches[step] > 0 {
          .lostCore
        } else {
          .unexplained
        }
      add(rank: latest, cause: cause, waited: excess)
    }
    entries.sort { ($0.rank, $0.cause.rawValue) < ($1.rank, $1.cause.rawValue) }
  }

  /// Those for which the others waited at least `wait` µs a step, over all steps.
  func entries(above wait: Double) -> [Entry] { entries.filter { $0.waited > wait * Double(steps) } }

  private mutating func add(rank: Int, cause: LateRank.Cause, waited: Double) {
    if let index = entries.firstIndex(where: { $0.rank == rank && $0.cause == cause }) {
      entries[index].steps += 1
      entries[index].waited += waited
    } else {
      entries.append(Entry(rank: rank, cause: cause, steps: 1, waited: waited))
    }
  }

  /// Median over ranks and steps, in µs.
  private static func timePerRow(_ logs: [PhaseLog]) -> Double {
    Sample(
      logs.flatMap { log in (0..<log.count).filter { log.rows[$0] > 0 }.map { log.passes[$0] / log.rows[$0] } }
    ).median
  }
}

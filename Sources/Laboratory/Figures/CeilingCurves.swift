import Schemas
import Values

/// Lines of a speed-up figure: what the measured ranks of one case could be worth, and what a model predicted.
struct CeilingCurves {
  private let rows: [BesideCeiling]

  init(_ rows: [BesideCeiling]) { self.rows = rows }

  private var predicted: [BesideCeiling] { rows.filter { $0.predictedSpeedup != nil } }

  /// Of the legend.
  var entries: Int { rows.isEmpty ? 0 : predicted.isEmpty ? 3 : 4 }

  /// For the caption.
  var words: String {
    rows.isEmpty
      ? ""
      : " Grey: what no program can exceed (FLOP bound), what N ranks come to if nobody waits (ceiling), and that with"
        + " the assumed prices of barriers and traffic (expected)."
        + (predicted.isEmpty ? "" : " Dotted: what a model that was fitted to the fewest ranks predicted.")
  }

  /// Lines begin at one core.
  func parts(_ script: inout GnuplotScript) -> [String] {
    let ranks = rows.distinct { $0.ranks }.sorted()
    let points =
      [[1, 1, 1, 1]]
      + ranks.compactMap { ranks in rows.first { $0.ranks == ranks } }.map {
        [Double($0.ranks), $0.flopBound, $0.speedupCeiling, $0.expectedSpeedup]
      }
    guard !rows.isEmpty, let data = script.data(points, comment: "N, FLOP bound, ceiling, expected") else { return [] }
    let lines = [
      "\(data) using 1:2 with lines lc rgb '#999999' lw 1.3 dt 4 title 'FLOP bound'",
      "\(data) using 1:3 with lines lc rgb '#777777' lw 2.4 title 'ceiling'",
      "\(data) using 1:4 with lines lc rgb '#777777' lw 1.8 dt (8,4) title 'expected'",
    ]
    return lines + predictions(&script)
  }

  private func predictions(_ script: inout GnuplotScript) -> [String] {
    let lines = predicted.distinct { $0.strategy }.compactMap { strategy -> String? in
      let points = predicted.filter { $0.strategy == strategy }.sorted { $0.ranks < $1.ranks }.map {
        [Double($0.ranks), $0.predictedSpeedup ?? .nan]
      }
      return script.data([[1, 1]] + points, comment: "\(strategy): N, predicted").map {
        "\($0) using 1:2 with lines \(Appearance.line(strategy).dashed()) notitle"
      }
    }
    return lines.isEmpty ? [] : lines + ["NaN with lines lc rgb '#444444' lw 1.4 dt 3 title 'predicted'"]
  }
}

import Schemas
import Values

/// A table of the page, as its template wants it.
struct PageTable {
  struct Column {
    var title: String
    var isText = false
  }

  struct Cell {
    var text: String
    /// Smaller, behind the text: an interval.
    var beside: String?
    var isText = false
    /// 0…1 for a shade, nil for none.
    var loss: Double?

    /// Empty for no shade.
    var style: String {
      guard let loss, loss.isFinite else { return "" }
      let strength = min(1, max(0, loss))
      // From white to the orange of the figures; black text stays readable on it.
      return "background: rgb(255, \(255 - Int(110 * strength)), \(255 - Int(190 * strength)))"
    }
  }

  struct Row { var cells: [Shown] }

  /// What the template reads: it sees stored properties only.
  struct Shown {
    var text: String
    var beside: String?
    var style: String
    var side: String
  }

  struct Title {
    var title: String
    var side: String
  }

  let titles: [Title]
  let rows: [Row]

  init(_ columns: [Column], _ rows: [[Cell]]) {
    titles = columns.map { Title(title: $0.title, side: $0.isText ? "text" : "number") }
    self.rows = rows.map { cells in
      Row(
        cells: cells.map {
          Shown(text: $0.text, beside: $0.beside, style: $0.style, side: $0.isText ? "text" : "number")
        })
    }
  }
}

extension PageTable {
  static func times(_ results: [ScalingResult]) -> PageTable {
    PageTable(
      [
        .init(title: "N"), .init(title: "strategy", isText: true), .init(title: "µs a step"),
        .init(title: "one core, µs"), .init(title: "speed-up"), .init(title: "efficiency"),
        .init(title: "samples/s"), .init(title: "Karp–Flatt"),
      ],
      results.map { result in
        [
          Cell(text: "\(result.ranks)"), Cell(text: result.strategyWithChoice, isText: true),
          Cell(text: significant(result.usPerStep), beside: range(result.ciLow, result.ciHigh, significant)),
          Cell(
            text: significant(result.singleCoreUsPerStep),
            beside: range(result.singleCoreCiLow, result.singleCoreCiHigh, significant)),
          Cell(text: fixed(result.speedup, 2), beside: range(result.speedupLow, result.speedupHigh) { fixed($0, 2) }),
          Cell(
            text: fixed(result.efficiency, 2),
            beside: range(result.efficiencyLow, result.efficiencyHigh) { fixed($0, 2) }),
          Cell(text: whole(result.samplesPerSecond)), Cell(text: result.karpFlatt.map { fixed($0, 2) } ?? "–"),
        ]
      })
  }

  static func factors(_ results: [ScalingResult]) -> PageTable {
    PageTable(
      [
        .init(title: "N"), .init(title: "strategy", isText: true), .init(title: "efficiency"),
        .init(title: "= computation scalability"), .init(title: "× load balance"),
        .init(title: "× communication efficiency"), .init(title: "÷ work inflation"),
        .init(title: "speed of busy cores"),
      ],
      results.map { result in
        let good = [
          result.efficiency, result.computationScalability, result.loadBalance, result.communicationEfficiency,
        ].map { Cell(text: fixed($0, 2), loss: (1 - $0) / 0.6) }
        return [Cell(text: "\(result.ranks)"), Cell(text: result.strategyWithChoice, isText: true)] + good + [
          Cell(text: fixed(result.workInflation, 3), loss: (1 - 1 / result.workInflation) / 0.6),
          Cell(text: fixed(result.busyCoreSpeed, 2), loss: (1 - result.busyCoreSpeed) / 0.6),
        ]
      })
  }

  static func costs(_ costs: [ScalingCost]) -> PageTable? {
    guard !costs.isEmpty else { return nil }
    let cases = costs.distinct { Case($0) }
    let strategies = costs.distinct { $0.strategy }
    return PageTable(
      [.init(title: "COST", isText: true)] + strategies.map { .init(title: $0) },
      cases.map { what in
        [Cell(text: "\(what.title), \(what.mode.rawValue)", isText: true)]
          + strategies.map { strategy in
            guard let cost = costs.first(where: { Case($0) == what && $0.strategy == strategy }) else {
              return Cell(text: "–")
            }
            return cost.cost.map { Cell(text: plural($0, "rank")) } ?? Cell(text: "none up to \(cost.upTo)", loss: 0.5)
          }
      })
  }

  static func predictions(_ predictions: [Prediction]) -> PageTable? {
    guard !predictions.isEmpty else { return nil }
    return PageTable(
      [
        .init(title: "case", isText: true), .init(title: "strategy", isText: true), .init(title: "N"),
        .init(title: "predicted, µs a step"), .init(title: "of it communication"), .init(title: "efficiency"),
        .init(title: "measured, µs a step"), .init(title: "error"),
      ],
      predictions.map { prediction in
        [
          Cell(text: Case(prediction).title, isText: true), Cell(text: prediction.strategy, isText: true),
          Cell(text: grouped(prediction.ranks)), Cell(text: significant(prediction.usPerStep)),
          Cell(text: significant(prediction.communicationUs)), Cell(text: smallShare(prediction.efficiency)),
          Cell(text: prediction.measuredUsPerStep.map(significant) ?? "–"),
          Cell(text: prediction.error.map(percent) ?? "–"),
        ]
      })
  }

  private static func range(_ low: Double, _ high: Double, _ format: (Double) -> String) -> String {
    "\(format(low))–\(format(high))"
  }

  private static func whole(_ value: Double) -> String {
    abs(value) < 1e15 ? grouped(Int(value.rounded())) : fixed(value, 0)
  }
}

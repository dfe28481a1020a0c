import Schemas
import Values

extension Table<BesideCeiling> {
  private static var configuration: [Column] {
    [.number("N") { "\($0.ranks)" }, .words("strategy") { $0.strategyWithChoice }]
  }

  /// Measured, and what it could be.
  static func speeds(_ rows: [BesideCeiling]) -> Table {
    Table(
      rows,
      configuration + [
        .measured("speed-up", interval: "(95 %)", factor) { ($0.speedup, $0.speedupLow, $0.speedupHigh) },
        .number("ceiling") { factor($0.speedupCeiling) }, .number("bound") { factor($0.flopBound) },
        .number("expected") { factor($0.expectedSpeedup) },
        .number("predicted") { $0.predictedSpeedup.map(factor) ?? "–" },
        .number("of ceiling", shade: { 1 - $0.speedup / $0.speedupCeiling }) {
          fixed($0.speedup / $0.speedupCeiling, 2)
        },
        .number("of expected", shade: { 1 - $0.speedup / $0.expectedSpeedup }) {
          fixed($0.speedup / $0.expectedSpeedup, 2)
        },
      ])
  }

  /// Measured / ceiling for each part of a step.
  static func parts(_ rows: [BesideCeiling]) -> Table {
    func part(_ title: String, _ part: StepPart) -> Column {
      .number(title, page: "\(title), µs", shade: { row in row.lostTo == part.rawValue ? 0.5 : .nan }) { row in
        row.times(of: part).map { "\(significant($0.measured)) / \(significant($0.ceiling))" } ?? "–"
      }
    }
    return Table(
      rows,
      configuration + [
        .number("step", page: "step, µs") { "\(significant($0.usPerStep)) / \(significant($0.ceilingUs))" },
        part("selection", .selection), part("passes, most", .passes), part("wait", .wait),
        part("synchronisation", .synchronisation), part("update, most", .update), part("rest", .rest),
        .words("lost to") { $0.lostTo.isEmpty ? "–" : $0.lostTo },
      ])
  }

  private static func factor(_ value: Double) -> String { fixed(value, 2) }
}

/// A report beside its ceilings as text for the terminal.
public enum CeilingTables {
  /// - Returns: lines of at most about 120 characters; nothing of a report without ceilings.
  public static func text(_ report: ScalingReport) -> String {
    let rows = report.rowsBesideCeilings
    let cases = rows.distinct { Case($0) }.map { what -> [String] in
      let own = rows.filter { Case($0) == what }
      return ["\(what.title), \(what.mode.rawValue) scaling"]
        + Table.speeds(own).lines(indent: 2) + [""] + Table.parts(own).lines(indent: 2) + [""]
        + CeilingSentences.all(own).flatMap { ScalingTables.wrapped($0) }
    }
    return (cases + [report.withoutCeiling]).filter { !$0.isEmpty }.joined(separator: [""]).joined(separator: "\n")
  }
}

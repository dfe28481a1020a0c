import Foundation
import Laboratory
import Schemas
import Values

extension PredictionFile: MeasuredResult {
  /// For people.
  var text: String {
    let cores = predictions.map(\.c).distinct { $0 }.compactMap { c in compute["\(c)"].map { describe($0, c: c) } }
    let fits = predictions.map(\.strategy).distinct { $0 }.compactMap { strategy in
      prices[strategy].map { "\(strategy): \(describe($0))" }
    }
    let curves = predictions.distinct { Curve(what: Case($0), strategy: $0.strategy) }.map { curve in
      describe(predictions.filter { Case($0) == curve.what && $0.strategy == curve.strategy })
    }
    return ([assumptions, cores, fits] + (checks.isEmpty ? [] : [checkTable.lines()]) + curves)
      .joined(separator: [""]).joined(separator: "\n")
  }

  var uncertainties: [MeasurementNote.Row] {
    compute.sorted { $0.key < $1.key }.map {
      MeasurementNote.Row("one core, C = \($0.key)", uncertainty: $0.value.uncertainty)
    }
      + exchanges.map {
        MeasurementNote.Row(
          "\($0.strategy), C = \($0.c), \(plural($0.ranks, "rank"))", median: $0.exchangeUs, low: $0.ciLow,
          high: $0.ciHigh)
      }
  }

  /// One line of the figure.
  private struct Curve: Hashable {
    var what: Case
    var strategy: String
  }

  private func describe(_ core: ComputePrices, c: Int) -> String {
    "C = \(c), one core: selection \(significant(core.selection)) + \(significant(core.selectionPerName)) · names, "
      + "passes \(significant(core.passes)) + \(significant(core.passesPerRow)) · rows, update "
      + "\(significant(core.updatePerParameter * 1000)) ns a parameter (γ)"
  }

  private func describe(_ price: Prices) -> String {
    func link(_ link: Link) -> String {
      "α \(significant(link.latency)) µs, 1/β \(link.perByte > 0 ? significant(link.gigabits) : "∞") Gbit/s"
    }
    return "between nodes \(link(price.network)); inside a node \(link(price.host)), "
      + "barrier \(significant(price.barrier)) µs a stage, reading \(significant(1e-3 / max(price.perByteRead, 1e-9))) GB/s"
  }

  private var checkTable: Table<ExchangeCheck> {
    Table(
      checks,
      [
        .words("exchange, µs") { $0.strategy }, .number("N") { "\($0.ranks)" }, .number("C") { "\($0.c)" },
        .number("measured") { significant($0.measuredUs) }, .number("predicted") { significant($0.predictedUs) },
        .number("residual") { String(format: "%+.0f %%", ($0.predictedUs / $0.measuredUs - 1) * 100) },
        .number("barrier, ns") { $0.barrierNs.map(significant) ?? "–" },
        .words { $0.fitted ? "fitted" : "" },
      ])
  }

  private func describe(_ curve: [Prediction]) -> [String] {
    guard let first = curve.first else { return [] }
    let title =
      "C = \(first.c), B = \(first.batch)\(first.mode == .weak ? " per rank" : ""), \(first.strategy): "
      + (curve.compactMap(\.syncEvery).first.map { "hosts by themselves for \(plural($0, "step")), " } ?? "")
      + "break-even \(curve.breakEven.map { "at \(plural($0, "rank"))" } ?? "nowhere"), "
      + "best \(curve.best.map { plural($0.ranks, "rank") } ?? "nowhere")"
    let table = Table(
      curve,
      [
        .number("N") { grouped($0.ranks) }, .number("B") { grouped($0.globalBatch) },
        .number("one core") { significant($0.singleCoreUsPerStep) }, .number("µs/step") { significant($0.usPerStep) },
        .number("communication") { significant($0.communicationUs) },
        .number("speed-up") { significant($0.singleCoreUsPerStep / $0.usPerStep) },
        .number("efficiency") { $0.efficiency < 0.01 ? scientific($0.efficiency) : fixed($0.efficiency, 3) },
      ])
    return [title] + table.lines(indent: 2)
  }
}

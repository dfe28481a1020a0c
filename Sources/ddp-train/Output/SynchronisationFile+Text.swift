import CSIMD
import Laboratory
import Schemas
import Values

extension SynchronisationFile: MeasuredResult {
  init(_ results: [SynchronisationBenchmark.Result]) {
    self.init {
      $0.isa = String(cString: csimd_built_for())
      $0.results = results.map { SynchronisationResult($0) }
    }
  }

  /// For people.
  var text: String {
    func cost(_ result: SynchronisationResult) -> Double { result.syncUs + result.adamUs }
    let engines = Set(results.map(\.engine))
    let table = Table(
      results,
      [.number("C") { "\($0.c)" }, .number("B") { "\($0.batch)" }]
        + (engines.count > 1 ? [.words("engine") { $0.engine ?? "–" }] : []) + [
          .words("strategy") { $0.domains.map { "shared, \($0) domains" } ?? $0.strategy },
          .number("µs/step") { significant($0.usPerStep) }, .number("sync") { significant($0.syncUs) },
          .number("wait") { significant($0.waitUs) }, .number("Adam") { significant($0.adamUs) },
          .number("sync+Adam") { significant(cost($0)) },
          .number("of allreduce") { result in
            let reference = results.first {
              ($0.c, $0.batch, $0.engine) == (result.c, result.batch, result.engine) && $0.strategy == "allreduce"
            }
            return fixed(reference.map { cost(result) / cost($0) } ?? .nan, 2)
          },
          .number("one core") { significant($0.singleCoreUsPerStep) },
          .number("efficiency") { fixed($0.efficiency, 2) }, .number("work") { fixed($0.workInflation, 3) },
          .number("bare") { significant($0.bareAllreduceUs) },
          .number("barrier, ns") { $0.barrierNs.map(significant) ?? "–" },
        ])
    return (["built for \(isa), \(plural(results.first?.ranks ?? 0, "rank"))", ""] + table.lines(indent: 2))
      .joined(separator: "\n")
  }
}

extension SynchronisationFile {
  var uncertainties: [MeasurementNote.Row] {
    results.map {
      MeasurementNote.Row(
        "\($0.strategy), C = \($0.c), B = \($0.batch)", median: $0.usPerStep, low: $0.ciLow, high: $0.ciHigh)
    }
  }
}

extension SynchronisationResult {
  fileprivate init(_ result: SynchronisationBenchmark.Result) {
    self.init {
      ($0.c, $0.batch, $0.ranks) = (result.shape.dModel, result.batch, result.ranks)
      ($0.engine, $0.strategy) = (result.engine.rawValue, result.strategy.rawValue)
      ($0.domains, $0.bytesBetweenDomains) = (result.traffic?.domains, result.traffic?.bytes)
      $0.usPerStep = result.step.median
      ($0.usPerStepP10, $0.usPerStepP90) = (result.step.quantile(0.1), result.step.quantile(0.9))
      ($0.ciLow, $0.ciHigh) = (result.interval.lowerBound, result.interval.upperBound)
      ($0.syncUs, $0.waitUs, $0.adamUs) = (result.synchronisation, result.wait, result.adam)
      ($0.singleCoreUsPerStep, $0.efficiency) = (result.singleCoreStep, result.efficiency)
      ($0.workInflation, $0.bareAllreduceUs) = (result.workInflation, result.bareAllReduce)
      $0.barrierNs = result.barrier
    }
  }
}

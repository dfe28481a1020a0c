import CAllocations
import CSIMD
import Laboratory
import Schemas
import Values

extension BenchFile: MeasuredResult {
  init(_ benchmarks: [StepBenchmark], core: Int?) {
    let peaks = Sample(benchmarks.flatMap(\.peaks))
    self.init {
      $0.isa = String(cString: csimd_built_for())
      $0.core = core
      ($0.peakGflops, $0.peakGflopsP10, $0.peakGflopsP90) = (peaks.median, peaks.quantile(0.1), peaks.quantile(0.9))
      $0.peakMemoryBytes = Core.peakMemory
      $0.results = benchmarks.map { BenchResult($0.result) }
      $0.comparePlain()
    }
  }

  /// Holds reproducible steps against the others.
  private mutating func comparePlain() {
    for index in results.indices where results[index].microShards != nil {
      let own = results[index]
      let plain = results.first { other in
        other.microShards == nil && (other.c, other.batch, other.engine) == (own.c, own.batch, own.engine)
      }
      results[index].reproducibleCost = plain.map { own.usPerStep / $0.usPerStep }
    }
  }

  /// For people.
  var text: String {
    let table = Table(
      results,
      [
        .number("C") { "\($0.c)" }, .number("B") { "\($0.batch)" }, .words("engine") { $0.engine },
      ] + reproducibleColumns + [
        .measured("µs/step", interval: "(10–90 %)", significant) { ($0.usPerStep, $0.usPerStepP10, $0.usPerStepP90) },
        .number("µs/sample") { significant($0.usPerSample) },
        .number("nominal") { fixed($0.nominalShareOfPeak, 2) },
        .number("best decile") { fixed($0.nominalShareBestDecile, 2) },
        .number("effective") { fixed($0.effectiveShareOfPeak, 2) },
      ]
        + [Phase.selection, .forward, .backward, .adam].map { phase in
          .number(phase.title) { $0.phases[phase.key].map(significant) ?? "?" }
        } + [
          .number("allocations") { callocations_are_counted() != 0 ? fixed($0.allocationsPerStep, 2) : "?" }
        ])
    let machine =
      "built for \(isa), core \(core.map(String.init) ?? "any"), peak \(fixed(peakGflops, 0)) GFLOP/s "
      + "(\(fixed(peakGflopsP10 ?? .nan, 0))–\(fixed(peakGflopsP90 ?? .nan, 0)))"
    let memory = "peak memory \(fixed(Double(peakMemoryBytes) / 1e6, 1)) MB"
    return ([machine, ""] + table.lines(indent: 2) + ["", memory]).joined(separator: "\n")
  }
}

extension BenchFile {
  var uncertainties: [MeasurementNote.Row] {
    results.map {
      MeasurementNote.Row("C = \($0.c), B = \($0.batch)", median: $0.usPerStep, low: $0.ciLow, high: $0.ciHigh)
    }
  }

  private var reproducibleColumns: [Table<BenchResult>.Column] {
    guard results.contains(where: { $0.microShards != nil }) else { return [] }
    return [
      .number("micro-shards") { $0.microShards.map { "\($0)" } ?? "–" },
      .number("cost") { $0.reproducibleCost.map { fixed($0, 2) } ?? "1" },
    ]
  }
}

extension BenchResult {
  fileprivate init(_ result: StepBenchmark.Result) {
    let (what, time) = (result.what, result.microseconds)
    self.init {
      $0.engine = what.engine.resolvedKind(for: what.shape).rawValue
      ($0.c, $0.heads, $0.batch) = (what.shape.dModel, what.shape.heads, what.batch)
      ($0.usPerStep, $0.usPerStepP10, $0.usPerStepP90) = (time.median, time.quantile(0.1), time.quantile(0.9))
      ($0.ciLow, $0.ciHigh) = (result.interval.lowerBound, result.interval.upperBound)
      $0.microShards = what.microShards
      $0.usPerSample = time.median / Double(what.batch)
      $0.nominalShareOfPeak = result.nominalShare.median
      $0.nominalShareBestDecile = result.nominalShare.quantile(0.9)
      $0.effectiveShareOfPeak = result.effectiveShare.median
      $0.allocationsPerStep = result.allocationsPerStep
      ($0.positions, $0.rows) = (result.positions, result.rows)
      for phase in Phase.allCases where phase != .wait { $0.phases[phase.key] = result.phases[phase] / 1000 }
    }
  }
}

import Values
import CAllocations
import CSIMD
import Foundation
import Laboratory

/// The results of `bench`, for people and as JSON.
struct BenchReport {
  let results: [StepBenchmark.Result]
  let peaks: Sample
  let core: Int?

  init(benchmarks: [StepBenchmark], core: Int?) {
    results = benchmarks.map(\.result)
    peaks = Sample(benchmarks.flatMap(\.peaks))
    self.core = core
  }

  var table: String {
    var lines = [
      "built for \(String(cString: csimd_built_for())), core \(core.map(String.init) ?? "any"), "
        + "peak \(fixed(peaks.median, 0)) GFLOP/s (\(fixed(peaks.quantile(0.1), 0))–\(fixed(peaks.quantile(0.9), 0)))",
      "",
      "   C    B  engine    µs/step (10–90 %)       µs/sample  nominal  best decile  effective  selection  forward  backward  Adam  allocations",
    ]
    for result in results {
      let time = result.microseconds
      let phases = result.phases
      lines.append(
        right("\(result.what.shape.dModel)", 4) + right("\(result.what.batch)", 5) + "  "
          + engine(of: result).padded(to: 6) + right(significant(time.median), 9)
          + (" (" + significant(time.quantile(0.1)) + "–" + significant(time.quantile(0.9)) + ")").padded(to: 18)
          + right(significant(time.median / Double(result.what.batch)), 7)
          + right(fixed(result.nominalShare.median, 2), 9) + right(fixed(result.nominalShare.quantile(0.9), 2), 13)
          + right(fixed(result.effectiveShare.median, 2), 11) + right(significant(phases[.selection] / 1000), 11)
          + right(significant(phases[.forward] / 1000), 9) + right(significant(phases[.backward] / 1000), 10)
          + right(significant(phases[.adam] / 1000), 6)
          + right(callocations_are_counted() != 0 ? fixed(result.allocationsPerStep, 2) : "?", 13))
    }
    lines.append("")
    lines.append("peak memory \(fixed(Double(Core.peakMemory) / 1e6, 1)) MB")
    return lines.joined(separator: "\n")
  }

  var json: String {
    let rows = results.map { result in
      // One rank waits for nobody.
      let phases = Phase.allCases.filter { $0 != .wait }
        .map { "\"\($0.key)\": \(result.phases[$0] / 1000)" }.joined(separator: ", ")
      return "    {\"c\": \(result.what.shape.dModel), \"heads\": \(result.what.shape.heads), "
        + "\"batch\": \(result.what.batch), \"engine\": \"\(engine(of: result))\", "
        + "\"us_per_step\": \(result.microseconds.median), "
        + "\"us_per_step_p10\": \(result.microseconds.quantile(0.1)), "
        + "\"us_per_step_p90\": \(result.microseconds.quantile(0.9)), "
        + "\"us_per_sample\": \(result.microseconds.median / Double(result.what.batch)), "
        + "\"nominal_share_of_peak\": \(result.nominalShare.median), "
        + "\"nominal_share_best_decile\": \(result.nominalShare.quantile(0.9)), "
        + "\"effective_share_of_peak\": \(result.effectiveShare.median), "
        + "\"allocations_per_step\": \(result.allocationsPerStep), "
        + "\"positions\": \(result.positions), \"rows\": \(result.rows), "
        + "\"phases\": {\(phases)}}"
    }
    return """
      {
        "isa": "\(String(cString: csimd_built_for()))",
        "peak_gflops": \(peaks.median),
        "peak_memory_bytes": \(Core.peakMemory),
        "results": [
      \(rows.joined(separator: ",\n"))
        ]
      }

      """
  }

  private func engine(of result: StepBenchmark.Result) -> String {
    result.what.engine.resolvedKind(for: result.what.shape).rawValue
  }
}

import Values
import CSIMD
import Foundation
import Laboratory

/// The results of `bench --sync`, for people and as JSON.
struct SynchronisationReport {
  let results: [SynchronisationBenchmark.Result]

  var table: String {
    let titles = [
      ("C", 4), ("B", 5), ("strategy", 14), ("µs/step", 9), ("sync", 8), ("wait", 8), ("Adam", 8), ("sync+Adam", 11),
      ("of allreduce", 14), ("one core", 10), ("efficiency", 12), ("work", 7), ("bare", 8),
    ]
    var lines = [
      "built for \(String(cString: csimd_built_for())), \(plural(results.first?.ranks ?? 0, "rank"))", "",
      titles.map { right($0.0, $0.1) }.joined(),
    ]
    for result in results {
      let cost = result.synchronisation + result.adam
      let reference = results.first { $0.shape == result.shape && $0.strategy == .allreduce }
      let share = reference.map { cost / ($0.synchronisation + $0.adam) } ?? .nan
      let cells = [
        "\(result.shape.dModel)", "\(result.batch)", result.strategy.rawValue, significant(result.step),
        significant(result.synchronisation), significant(result.wait), significant(result.adam), significant(cost),
        fixed(share, 2), significant(result.singleCoreStep), fixed(result.efficiency, 2),
        fixed(result.workInflation, 3), significant(result.bareAllReduce),
      ]
      lines.append(zip(cells, titles).map { right($0, $1.1) }.joined())
    }
    return lines.joined(separator: "\n")
  }

  var json: String {
    let rows = results.map { result in
      "    {\"c\": \(result.shape.dModel), \"batch\": \(result.batch), \"strategy\": \"\(result.strategy.rawValue)\", "
        + "\"ranks\": \(result.ranks), \"us_per_step\": \(result.step), \"sync_us\": \(result.synchronisation), "
        + "\"wait_us\": \(result.wait), \"adam_us\": \(result.adam), "
        + "\"single_core_us_per_step\": \(result.singleCoreStep), \"efficiency\": \(result.efficiency), "
        + "\"work_inflation\": \(result.workInflation), \"bare_allreduce_us\": \(result.bareAllReduce)}"
    }
    return """
      {
        "isa": "\(String(cString: csimd_built_for()))",
        "results": [
      \(rows.joined(separator: ",\n"))
        ]
      }

      """
  }
}

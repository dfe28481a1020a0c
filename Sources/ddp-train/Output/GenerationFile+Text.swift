import CSIMD
import GPT
import Laboratory
import Schemas
import Values

extension GenerationFile: MeasuredResult {
  init(_ shape: Shape, temperature: Double, _ results: [GenerationBenchmark.Result]) {
    self.init {
      $0.isa = String(cString: csimd_built_for())
      $0.generation = results.map { result in
        GenerationResult {
          ($0.c, $0.heads, $0.temperature) = (shape.dModel, shape.heads, temperature)
          ($0.names, $0.sharing, $0.ranks) = (result.names, result.sharing, result.ranks)
          $0.lettersPerSecond = Double(result.letters) / result.seconds.median
          $0.seconds = result.seconds.median
          ($0.secondsP10, $0.secondsP90) = (result.seconds.quantile(0.1), result.seconds.quantile(0.9))
          ($0.ciLow, $0.ciHigh) = (result.interval.lowerBound, result.interval.upperBound)
          ($0.nominal, $0.tokens) = (result.nominalShare.median, result.drawn)
          $0.computedShare = Double(result.computed) / Double(result.drawn)
        }
      }
    }
  }

  /// For people.
  var text: String {
    let table = Table(
      generation,
      [
        .number("C") { "\($0.c)" }, .number("names") { grouped($0.names) },
        .words("sharing") { $0.sharing ? "yes" : "no" }, .number("ranks") { "\($0.ranks)" },
        .measured("ms", interval: "(10–90 %)", significant) {
          ($0.seconds * 1000, $0.secondsP10 * 1000, $0.secondsP90 * 1000)
        },
        .number("letters/s") { grouped(Int($0.lettersPerSecond)) },
        .number("ns/token") { significant($0.seconds * 1e9 / Double($0.tokens)) },
        .number("nominal") { fixed($0.nominal, 2) }, .number("computed") { fixed($0.computedShare, 3) },
      ])
    return (["built for \(isa)", ""] + table.lines(indent: 2)).joined(separator: "\n")
  }

  var uncertainties: [MeasurementNote.Row] {
    generation.map {
      MeasurementNote.Row(
        "names with\($0.sharing ? "" : "out") sharing", median: $0.seconds, low: $0.ciLow, high: $0.ciHigh)
    }
  }
}

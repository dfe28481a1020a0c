import Schemas
import Values

extension LadderFile: MeasuredResult {
  /// For people.
  var text: String {
    let table = Table(
      rungs,
      [
        .words("rung") { $0.title }, .number("µs/sample") { significant($0.usPerSample) },
        .number("10–90 %") { significant($0.usPerSampleP10) + "–" + significant($0.usPerSampleP90) },
        .number("× before") { $0.factorOverBefore.map(factor) ?? "–" },
        .number("× first") { factor($0.factorOverFirst) },
        .number("difference") { $0.gradientDifference.map { $0 == 0 ? "0" : scientific($0) } ?? "–" },
      ])
    var lines = ["C = \(c), \(heads) heads, batch \(batch), built for \(isa)", ""] + table.lines()
    lines.append("")
    lines.append("difference: of the first gradient from the rung before, relative, in the tensor where it is largest")
    if ranks > 1 {
      lines.append("barrier between the ranks of a host: \(barrierNs.map { "\(significant($0)) ns" } ?? "–")")
    }
    if let first = rungs.first {
      lines.append(
        "the tape of a name of six letters has \(grouped(tapeNodes)) nodes: about "
          + "\(significant(first.usPerSample * 1000 / Double(tapeNodes))) ns each for its whole step")
    }
    return lines.joined(separator: "\n")
  }

  var uncertainties: [MeasurementNote.Row] {
    rungs.map { MeasurementNote.Row($0.title, median: $0.usPerSample, low: $0.ciLow, high: $0.ciHigh) }
  }

  private func factor(_ value: Double) -> String { value >= 999.5 ? grouped(Int(value.rounded())) : significant(value) }
}

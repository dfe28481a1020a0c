import Schemas
import Values
import Foundation
import Laboratory

/// The result of `ladder`, for people and as JSON.
struct LadderReport {
  let result: LadderResult

  var table: String {
    let titles = [("µs/sample", 11), ("10–90 %", 15), ("× before", 11), ("× first", 11), ("difference", 12)]
    var lines = [
      "C = \(result.c), \(result.heads) heads, batch \(result.batch), built for \(result.isa)", "",
      "rung".padded(to: Self.width) + titles.map { right($0.0, $0.1) }.joined(),
    ]
    for rung in result.rungs {
      let cells = [
        significant(rung.usPerSample), significant(rung.usPerSampleP10) + "–" + significant(rung.usPerSampleP90),
        rung.factorOverBefore.map(factor) ?? "–", factor(rung.factorOverFirst),
        rung.gradientDifference.map { $0 == 0 ? "0" : scientific($0) } ?? "–",
      ]
      lines.append(rung.title.padded(to: Self.width) + zip(cells, titles).map { right($0, $1.1) }.joined())
    }
    lines.append("")
    lines.append("difference: of the first gradient from the rung before, relative, in the tensor where it is largest")
    if let first = result.rungs.first {
      let nanoseconds = first.usPerSample * 1000 / Double(result.tapeNodes)
      lines.append(
        "the tape of a name of six letters has \(grouped(result.tapeNodes)) nodes: about \(significant(nanoseconds)) ns "
          + "each for its whole step")
    }
    return lines.joined(separator: "\n")
  }

  var json: Data {
    get throws { try ReportJSON.encode(result) }
  }

  /// The longest title and a space.
  private static let width = 34

  private func factor(_ value: Double) -> String { value >= 999.5 ? grouped(Int(value.rounded())) : significant(value) }

  private func right(_ text: String, _ width: Int) -> String {
    text.count < width ? String(repeating: " ", count: width - text.count) + text : text
  }
}

import Schemas
import Values

extension CeilingFile {
  /// For people.
  var text: String {
    let table = Table(
      ceiling,
      [
        .number("C") { "\($0.c)" }, .number("B") { "\($0.globalBatch)" }, .words("mode") { $0.mode.rawValue },
        .number("ranks") { "\($0.ranks)" }, .number("one core") { significant($0.singleCoreUs) },
        .number("selection") { significant($0.selectionUs) },
        .number("passes, most") { significant($0.computeMaxUs) }, .number("mean") { significant($0.computeMeanUs) },
        .number("update, most") { significant($0.updateMaxUs) }, .number("mean") { significant($0.updateMeanUs) },
        .number("transfer") { $0.transferUs.map(significant) ?? "–" },
        .number("ceiling") { fixed($0.speedupCeiling, 1) }, .number("bound") { fixed($0.flopBound, 1) },
        .number("of it") { fixed($0.speedupCeiling / $0.flopBound, 2) }, .words("lost to") { $0.lostTo },
        .number("expected") { fixed($0.expectedSpeedup, 1) },
      ])
    return (["built for \(isa); times of a step in µs", ""] + table.lines() + [""] + assumptions)
      .joined(separator: "\n")
  }
}

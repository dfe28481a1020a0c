import Files
import Schemas

/// A scaling report as one page that needs nothing else, and the files it was made from.
public enum ScalingPage {
  private static let ceilingTable = "ceiling"

  /// Where a page is to go, found wrong before there is one.
  ///
  /// - Parameter hasCeiling: whether the report has ceilings.
  /// - Throws: `DestinationError`.
  public static func folder(
    _ option: String, _ path: String, hasCeiling: Bool = false, waiting: Waiting
  ) throws -> DestinationFolder {
    try PageFiles.folder(
      option, path, name: "scaling", tables: hasCeiling ? [ceilingTable] : [], waiting: waiting)
  }

  /// Writes index.html, scaling.json, scaling.csv, figures/NAME.gp and .svg, and ceiling.csv where the report has
  /// ceilings.
  ///
  /// - Parameters:
  ///   - folder: made where it is not there; files of these names in it are replaced.
  ///   - gnuplot: from `Gnuplot.require`.
  /// - Throws: `ReportError`, `DestinationError`.
  public static func write(_ report: ScalingReport, to folder: DestinationFolder, gnuplot: Gnuplot) throws {
    let files = PageFiles(name: "scaling", folder: folder, gnuplot: gnuplot)
    try files.write(report, rows: report.results, figures: figures(report)) { drawn in
      try PageTemplate.render(PageModel(report, drawn: drawn))
    }
    if report.ceiling != nil { try files.write(table: ceilingTable, rows: report.rowsBesideCeilings) }
  }

  /// In the order of the page.
  static func figures(_ report: ScalingReport) -> [Figure] {
    report.cases.flatMap { ScalingCurves.figures(of: $0, in: report) } + WidthCurves.figures(report)
      + report.cases.flatMap { TimeSplit.figures(of: $0, in: report) } + PredictionCurves.figures(report)
  }
}

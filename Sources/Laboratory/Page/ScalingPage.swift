import Files
import Schemas

/// A scaling report as one page that needs nothing else, and the files it was made from.
public enum ScalingPage {
  /// Where a page is to go, found wrong before there is one.
  ///
  /// - Throws: `DestinationError`.
  public static func folder(_ option: String, _ path: String, waiting: Waiting) throws -> DestinationFolder {
    try PageFiles.folder(option, path, name: "scaling", waiting: waiting)
  }

  /// Writes index.html, scaling.json, scaling.csv, and figures/NAME.gp and .svg.
  ///
  /// - Parameters:
  ///   - folder: made where it is not there; files of these names in it are replaced.
  ///   - gnuplot: from `Gnuplot.require`.
  /// - Throws: `ReportError`, `DestinationError`.
  public static func write(_ report: ScalingReport, to folder: DestinationFolder, gnuplot: Gnuplot) throws {
    try PageFiles(name: "scaling", folder: folder, gnuplot: gnuplot).write(
      report, rows: report.results, figures: figures(report)
    ) { drawn in try PageTemplate.render(PageModel(report, drawn: drawn)) }
  }

  /// In the order of the page.
  static func figures(_ report: ScalingReport) -> [Figure] {
    report.cases.flatMap { ScalingCurves.figures(of: $0, in: report) + TimeSplit.figures(of: $0, in: report) }
      + WidthCurves.figures(report) + PredictionCurves.figures(report)
  }
}

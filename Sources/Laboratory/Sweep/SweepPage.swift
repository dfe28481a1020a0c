import Files
import Schemas

/// A sweep as one page that needs nothing else, and the files it was made from.
public enum SweepPage {
  /// Where a page is to go, found wrong before there is one.
  ///
  /// - Throws: `DestinationError`.
  public static func folder(_ option: String, _ path: String, waiting: Waiting) throws -> DestinationFolder {
    try PageFiles.folder(option, path, name: "sweep", waiting: waiting)
  }

  /// Writes index.html, sweep.json, sweep.csv, and figures/NAME.gp and .svg.
  ///
  /// - Parameters:
  ///   - folder: made where it is not there; files of these names in it are replaced.
  ///   - gnuplot: from `Gnuplot.require`.
  /// - Throws: `ReportError`, `DestinationError`.
  public static func write(_ file: SweepFile, to folder: DestinationFolder, gnuplot: Gnuplot) throws {
    try PageFiles(name: "sweep", folder: folder, gnuplot: gnuplot).write(
      file, rows: file.trials, figures: figures(file)
    ) { drawn in try SweepTemplate.render(SweepModel(file, drawn: drawn)) }
  }

  /// In the order of the page.
  static func figures(_ file: SweepFile) -> [Figure] {
    LossFront.figures(file) + LossCurves.figures(file) + RateMap.figures(file) + BestRates.figures(file)
  }
}

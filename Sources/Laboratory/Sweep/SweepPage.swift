import Files
import Foundation
import Schemas

/// A sweep as one page that needs nothing else, and the files it was made from.
public enum SweepPage {
  /// Where a page is to go, found wrong before there is one.
  ///
  /// - Throws: `DestinationError`.
  public static func folder(_ option: String, _ path: String, waiting: Waiting) throws -> DestinationFolder {
    try DestinationFolder(
      option, path, files: ["index.html", "sweep.json", "sweep.csv"], folders: [ScalingPage.figuresFolder],
      waiting: waiting)
  }

  /// Writes index.html, sweep.json, sweep.csv, and figures/NAME.gp and .svg.
  ///
  /// - Throws: `ReportError`, `DestinationError`.
  public static func write(_ file: SweepFile, to folder: DestinationFolder, gnuplot: Gnuplot) throws {
    try folder.make(ScalingPage.figuresFolder)
    try ScalingPage.write(try SchemaJSON.encode(file), to: "sweep.json", in: folder)
    try ScalingPage.write(Data(CSV.encode(file.trials).utf8), to: "sweep.csv", in: folder)
    let desk = try DrawingDesk(in: "\(folder.path)/\(ScalingPage.figuresFolder)", gnuplot: gnuplot)
    defer { desk.remove() }
    let figures = LossFront.figures(file) + RateFigures.figures(file)
    let drawn = try figures.map { figure in
      (figure: figure, svg: try ScalingPage.draw(figure, on: desk, in: folder))
    }
    let page = try SweepTemplate.render(SweepModel(file, drawn: drawn))
    try ScalingPage.write(Data(page.utf8), to: "index.html", in: folder)
  }
}

import Files
import Foundation
import Schemas

/// A scaling report as one page that needs nothing else, and the files it was made from.
public enum ScalingPage {
  static let figuresFolder = "figures"

  /// Where a page is to go, found wrong before there is one.
  ///
  /// - Throws: `DestinationError`.
  public static func folder(_ option: String, _ path: String, waiting: Waiting) throws -> DestinationFolder {
    try DestinationFolder(
      option, path, files: ["index.html", "scaling.json", "scaling.csv"], folders: [figuresFolder], waiting: waiting)
  }

  /// Writes index.html, scaling.json, scaling.csv, and figures/NAME.gp and .svg.
  ///
  /// - Parameters:
  ///   - folder: made where it is not there; files of these names in it are replaced.
  ///   - gnuplot: from `Gnuplot.require`.
  /// - Throws: `ReportError`, `DestinationError`.
  public static func write(_ report: ScalingReport, to folder: DestinationFolder, gnuplot: Gnuplot) throws {
    try folder.make(figuresFolder)
    try write(try SchemaJSON.encode(report), to: "scaling.json", in: folder)
    try write(Data(CSV.encode(report.results).utf8), to: "scaling.csv", in: folder)
    let desk = try DrawingDesk(in: "\(folder.path)/\(figuresFolder)", gnuplot: gnuplot)
    defer { desk.remove() }
    let drawn = try figures(report).map { figure in
      (figure: figure, svg: try draw(figure, on: desk, in: folder))
    }
    let page = try PageTemplate.render(PageModel(report, drawn: drawn))
    try write(Data(page.utf8), to: "index.html", in: folder)
  }

  /// In the order of the page.
  static func figures(_ report: ScalingReport) -> [Figure] {
    report.cases.flatMap { ScalingCurves.figures(of: $0, in: report) + TimeSplit.figures(of: $0, in: report) }
      + WidthCurves.figures(report) + PredictionCurves.figures(report)
  }

  static func draw(_ figure: Figure, on desk: DrawingDesk, in folder: DestinationFolder) throws -> String {
    let drawing = try desk.draw(figure)
    let path = "\(figuresFolder)/\(figure.name)"
    try write(Data(figure.script.utf8), to: "\(path).gp", in: folder)
    try write(drawing, to: "\(path).svg", in: folder)
    guard
      let element = InlineSVG.element(
        from: String(decoding: drawing, as: UTF8.self), name: figure.name, title: figure.title)
    else { throw ReportError.gnuplot(script: "\(figure.name).gp", reason: "it drew no SVG") }
    return element
  }

  static func write(_ data: Data, to file: String, in folder: DestinationFolder) throws {
    try data.withUnsafeBytes { try folder.write($0, to: file) }
  }
}

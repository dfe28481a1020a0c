import Foundation
import RegularFiles
import Scaling

/// A scaling report as one page that needs nothing else, and the files it was made from.
public enum ScalingPage {
  /// Writes index.html, scaling.json, scaling.csv, and figures/NAME.gp and .svg.
  ///
  /// - Parameters:
  ///   - directory: made where it is not there; files of these names in it are replaced.
  ///   - gnuplot: from `Gnuplot.require`.
  /// - Throws: `ReportError`.
  public static func write(_ report: ScalingReport, to directory: String, gnuplot: Gnuplot) throws {
    let folder = URL(fileURLWithPath: directory, isDirectory: true)
    let figuresFolder = folder.appendingPathComponent("figures", isDirectory: true)
    do {
      try makeFolder(path: figuresFolder.path)
    } catch {
      throw ReportError.notWritten(path: directory, reason: error.reason)
    }
    try write(try ScalingJSON.encode(report), to: folder.appendingPathComponent("scaling.json"))
    try write(Data(ScalingCSV.encode(report).utf8), to: folder.appendingPathComponent("scaling.csv"))
    let drawn = try figures(report).map { figure in
      (figure: figure, svg: try draw(figure, in: figuresFolder, gnuplot: gnuplot))
    }
    let page = try PageTemplate.render(PageModel(report, drawn: drawn))
    try write(Data(page.utf8), to: folder.appendingPathComponent("index.html"))
  }

  /// In the order of the page.
  static func figures(_ report: ScalingReport) -> [Figure] {
    report.cases.flatMap { ScalingCurves.figures(of: $0, in: report) + TimeSplit.figures(of: $0, in: report) }
      + WidthCurves.figures(report) + PredictionCurves.figures(report)
  }

  private static func draw(_ figure: Figure, in folder: URL, gnuplot: Gnuplot) throws -> String {
    let script = "\(figure.name).gp"
    try write(Data(figure.script.utf8), to: folder.appendingPathComponent(script))
    try gnuplot.run(script: script, in: folder)
    let drawing = folder.appendingPathComponent("\(figure.name).svg")
    guard let data = FileManager.default.contents(atPath: drawing.path),
      let element = InlineSVG.element(
        from: String(decoding: data, as: UTF8.self), name: figure.name, title: figure.title)
    else { throw ReportError.gnuplot(script: script, reason: "it drew no SVG") }
    return element
  }

  private static func write(_ data: Data, to file: URL) throws {
    do {
      try data.write(to: file, options: .atomic)
    } catch {
      throw ReportError.notWritten(path: file.path, reason: reason(error))
    }
  }

  /// The system's own words where there are any.
  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    return underlying.map { String(cString: strerror(Int32($0.code))) } ?? error.localizedDescription
  }
}

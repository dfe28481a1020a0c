import Files
import Foundation
import Schemas

/// A page that needs nothing else, index.html, and the files that it was made from: NAME.json, NAME.csv, other
/// tables as CSV, and figures/FIGURE.gp and .svg.
struct PageFiles {
  typealias Drawn = [(figure: Figure, svg: String)]

  private static let figuresFolder = "figures"

  /// Where they are to go, found wrong before there is one.
  ///
  /// - Parameter tables: names of other tables.
  /// - Throws: `DestinationError`.
  static func folder(
    _ option: String, _ path: String, name: String, tables: [String] = [], waiting: Waiting
  ) throws -> DestinationFolder {
    try DestinationFolder(
      option, path, files: ["index.html", "\(name).json"] + ([name] + tables).map { "\($0).csv" },
      folders: [figuresFolder], waiting: waiting)
  }

  let name: String
  /// Made where it is not there; files of these names in it are replaced.
  let folder: DestinationFolder
  let gnuplot: Gnuplot

  /// Writes another table, as NAME.csv.
  ///
  /// - Throws: `DestinationError`.
  func write(table name: String, rows: [some FileRecord]) throws {
    try write(Data(CSV.encode(rows).utf8), to: "\(name).csv")
  }

  /// - Parameters:
  ///   - figures: in the order of the page.
  ///   - page: makes the page of the figures as SVG elements, in the same order.
  /// - Throws: `ReportError`, `DestinationError`.
  func write(_ file: some FileRecord, rows: [some FileRecord], figures: [Figure], page: (Drawn) throws -> String) throws
  {
    try folder.make(Self.figuresFolder)
    try write(try SchemaJSON.encode(file), to: "\(name).json")
    try write(table: name, rows: rows)
    let desk = try DrawingDesk(in: "\(folder.path)/\(Self.figuresFolder)", gnuplot: gnuplot)
    defer { desk.remove() }
    let drawn = try figures.map { (figure: $0, svg: try draw($0, on: desk)) }
    try write(Data(try page(drawn).utf8), to: "index.html")
  }

  private func draw(_ figure: Figure, on desk: DrawingDesk) throws -> String {
    let drawing = try desk.draw(figure)
    let path = "\(Self.figuresFolder)/\(figure.name)"
    try write(Data(figure.script.utf8), to: "\(path).gp")
    try write(drawing, to: "\(path).svg")
    guard
      let element = InlineSVG.element(
        from: String(decoding: drawing, as: UTF8.self), name: figure.name, title: figure.title,
        description: figure.caption)
    else { throw ReportError.gnuplot(script: "\(figure.name).gp", reason: "it drew no SVG") }
    return element
  }

  private func write(_ data: Data, to file: String) throws {
    try data.withUnsafeBytes { try folder.write($0, to: file) }
  }
}

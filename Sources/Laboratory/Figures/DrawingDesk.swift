import Foundation
import Schemas

/// A folder in which gnuplot draws alone: it opens its files by name, and elsewhere a file of that name may be anything.
struct DrawingDesk {
  private let folder: URL
  private let gnuplot: Gnuplot

  /// - Parameter parent: where there is room for it.
  init(in parent: String, gnuplot: Gnuplot) throws {
    var template = Array("\(parent)/drawing-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw ReportError.notWritten(path: parent, reason: String(cString: strerror(errno)))
    }
    folder = URL(fileURLWithPath: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    self.gnuplot = gnuplot
  }

  /// The drawing that gnuplot makes of a figure's script.
  ///
  /// - Throws: `ReportError`.
  func draw(_ figure: Figure) throws -> Data {
    let script = "\(figure.name).gp"
    do {
      try Data(figure.script.utf8).write(to: folder.appendingPathComponent(script))
    } catch {
      throw ReportError.notWritten(path: folder.path, reason: error.localizedDescription)
    }
    try gnuplot.run(script: script, in: folder)
    guard let drawing = FileManager.default.contents(atPath: folder.appendingPathComponent("\(figure.name).svg").path)
    else { throw ReportError.gnuplot(script: script, reason: "it drew no SVG") }
    return drawing
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }
}

import Files
import Foundation
import Schemas
import TestSupport
import Testing

@testable import Laboratory

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("Page of a report")
struct PageTests {
  private func page(_ report: ScalingReport) throws -> (html: String, folder: TemporaryFolder) {
    let folder = try TemporaryFolder()
    try ScalingPage.write(report, to: try destination(folder.path("page")), gnuplot: try Gnuplot.require())
    return (try folder.text("page/index.html"), folder)
  }

  private func destination(_ path: String) throws -> DestinationFolder {
    try ScalingPage.folder("--report", path, waiting: Waiting(isToStop: { false }, say: { _ in }))
  }

  private func drawings(in html: String) -> [String] {
    html.matches(of: /<svg[\s\S]*?<\/svg>/).map { String($0.output) }
  }

  @Test("every figure is drawn, inline, as XML, in plain text and with ids of its own")
  func figures() throws {
    let report = SyntheticReport.large()
    let (html, folder) = try page(report)
    let drawings = drawings(in: html)
    let figures = ScalingPage.figures(report)
    // Two for each of four widths, two over the width, two for each of two predicted cases.
    #expect(figures.count == 2 * 4 + 2 + 2 * 2 && drawings.count == figures.count)
    for (figure, drawing) in zip(figures, drawings) {
      let parser = XMLParser(data: Data(drawing.utf8))
      #expect(parser.parse(), "\(figure.name): \(String(describing: parser.parserError))")
      #expect(drawing.contains("<title id=\"\(figure.name)-title\">\(figure.title)</title>"))
      #expect(drawing.contains("<desc id=\"\(figure.name)-desc\">") && !drawing.contains("Produced by GNUPLOT"))
      #expect(!drawing.contains("<script") && !drawing.contains("<!DOCTYPE"))
      #expect(drawing.contains("Synthetic CPU"), "\(figure.name) does not name the machine")
      #expect(try folder.text("page/figures/\(figure.name).gp").contains("set xlabel '"))
    }
    let ids = html.matches(of: /\sid=["']([^"']+)["']/).map { String($0.output.1) }
    #expect(ids.count == Set(ids).count && ids.count > figures.count)
    let references = html.matches(of: /(?:href=["']#|url\(#)([^"')]+)/).map { String($0.output.1) }
    #expect(!references.isEmpty && Set(references).isSubset(of: Set(ids)))
  }

  @Test("findings, speed-ups and curves over the width are open, and the rest is folded, with links to it")
  func folded() throws {
    let (html, _) = try page(SyntheticReport.large())
    let open = html.replacing(/<details[\s\S]*?<\/details>/, with: "")
    for figure in ScalingPage.figures(SyntheticReport.large()) {
      let isOpen = ["speed-up-", "strategies-", "crossover-"].contains { figure.name.hasPrefix($0) }
      #expect(open.contains("id=\"\(figure.name)\"") == isOpen, "\(figure.name)")
    }
    #expect(open.contains("What was found") && !open.contains("<dl class=\"definitions\">"))
    let links = html.matches(of: /<a href="#([^"]+)">/).map { String($0.output.1) }
    #expect(links.count == 4 + 6 && links.allSatisfy { html.contains("id=\"\($0)\"") }, "\(links)")
    #expect(html.contains("because it lost its core") && html.contains("12 of 400"))
  }

  @Test("of both modes weak scaling is folded, and alone it is open")
  func modes() throws {
    let both = SyntheticReport.bothModes()
    var weak = both
    weak.results.removeAll { $0.mode == .strong }
    weak.cost.removeAll { $0.mode == .strong }
    for (report, isWeakOpen) in [(both, false), (weak, true)] {
      let html = try page(report).html
      let open = html.replacing(/<details[\s\S]*?<\/details>/, with: "")
      for figure in ScalingPage.figures(report) where !figure.name.hasPrefix("time-split-") {
        #expect(html.contains("id=\"\(figure.name)\""), "\(figure.name)")
        #expect(
          open.contains("id=\"\(figure.name)\"") == (isWeakOpen || !figure.name.hasSuffix("-weak")), "\(figure.name)")
      }
    }
  }

  @Test("a strategy has one colour and one point everywhere, and a mode one line")
  func appearance() {
    for figure in ScalingPage.figures(SyntheticReport.bothModes()) where figure.name.hasPrefix("speed-up-") {
      let curves = figure.script.split(separator: "\n").filter { $0.contains("linespoints") }
      #expect(!curves.isEmpty)
      for curve in curves {
        #expect(curve.contains(figure.name.hasSuffix("-weak") ? " dt 2 " : " dt 1 "), "\(figure.name): \(curve)")
      }
    }
    #expect(Appearance.line("shared").colour == Appearance.line("shared", mode: .weak).colour)
    #expect(
      Set(SyntheticReport.strategies.map { Appearance.line($0).colour }).count == SyntheticReport.strategies.count)
  }

  @Test("nothing is fetched from elsewhere")
  func selfContained() throws {
    let (html, _) = try page(SyntheticReport.large())
    let addresses = html.matches(of: /https?:\/\/[^"'\s<)]+/).map { String($0.output) }
    #expect(Set(addresses) == ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"])
    for word in [" src=", "@import", "<link", "<script", "url(\"", "url('"] { #expect(!html.contains(word), "\(word)") }
  }

  @Test("names that are not ours stay text, in the page and in gnuplot")
  func hostile() throws {
    var report = SyntheticReport.large()
    let marker = try TemporaryFolder()
    // An accent makes "<\u{301}" one character, which is not "<".
    let name = "<script>'\"&`touch \(marker.path("ran"))`$(x)\u{1}\n</svg>-<\u{301}b {/:Bold x}_y"
    report.machine.cpu = name
    report.machine.hosts = report.machine.hosts.map { _ in name }
    report.machine.command = name
    report.machine.warnings = [name]
    report.late[0].host = name
    for index in report.results.indices where report.results[index].strategy == "overlap" {
      report.results[index].strategy = name
      report.results[index].chosen = name
    }
    let (html, _) = try page(report)
    #expect(!html.contains("<script"))
    #expect(!html.contains("<\u{301}") && html.contains("&lt;script&gt;&#39;&quot;&amp;`touch"))
    let drawings = drawings(in: html)
    #expect(drawings.count == ScalingPage.figures(report).count)
    for drawing in drawings { #expect(XMLParser(data: Data(drawing.utf8)).parse()) }
    #expect(!FileManager.default.fileExists(atPath: marker.path("ran")))
  }

  @Test("numbers that are not finite leave gaps and no error")
  func notFinite() throws {
    var report = SyntheticReport.small()
    report.results[0].usPerStep = .nan
    report.results[0].speedup = .nan
    report.results[0].efficiencyLow = -.infinity
    report.results[0].efficiencyHigh = .infinity
    report.results[0].syncUs = .nan
    report.results[0].samplesPerSecond = .infinity
    #expect(drawings(in: try page(report).html).count == ScalingPage.figures(report).count)
  }

  @Test("one rank only: the page says so, and draws nothing")
  func alone() throws {
    let (html, _) = try page(SyntheticReport.alone())
    #expect(drawings(in: html).isEmpty)
    #expect(html.contains("This job had one rank") && !html.contains("What was found"))
    #expect(html.contains("one core, µs"))
  }

  @Test("a page made from the JSON beside it is the same page")
  func again() throws {
    let (html, folder) = try page(SyntheticReport.bothModes())
    let json = try Data(contentsOf: URL(fileURLWithPath: folder.path("page/scaling.json")))
    #expect(try page(try ScalingReport(json: json)).html == html)
  }

  @Test("without gnuplot it is said what to install", arguments: ["", "/no/such/folder", "/"])
  func noGnuplot(path: String) {
    let error = #expect(throws: ReportError.noGnuplot) { try Gnuplot.require(path: path) }
    #expect(error?.description.contains("apt install gnuplot-nox") == true)
  }

  @Test("gnuplot's complaint is passed on")
  func complaint() throws {
    let folder = try TemporaryFolder()
    try "plot nothing_of_this_name\n".write(toFile: folder.path("bad.gp"), atomically: true, encoding: .utf8)
    let gnuplot = try Gnuplot.require()
    let error = #expect(throws: ReportError.self) {
      try gnuplot.run(script: "bad.gp", in: URL(fileURLWithPath: folder.path))
    }
    #expect(error?.description.contains("undefined variable: nothing_of_this_name") == true)
  }

  @Test("a folder that cannot be written to is said")
  func noFolder() throws {
    let error = #expect(throws: DestinationError.self) { try destination("/dev/null/page") }
    #expect(error?.description == "--report /dev/null/page: Not a directory")
  }
}

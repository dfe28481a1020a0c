import Files
import Foundation
import Mustache
import Schemas
import Values

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

/// Everything the sweep's template shows. It reads stored properties only.
struct SweepModel {
  struct Section {
    var heading: String
    var table: PageTable
  }

  let style = PageStyle.text
  let title, command: String
  let facts: [PageModel.Fact]
  let findings: [String]
  let sections: [Section]
  let figures: [PageModel.ShownFigure]

  init(_ file: SweepFile, drawn: [(figure: Figure, svg: String)]) {
    title = "Sweep of \(plural(file.trials.count, "trial")) on \(plural(file.ranks, "rank"))"
    command = file.machine.command
    facts = [
      PageModel.Fact(name: "CPU", value: file.machine.cpu), PageModel.Fact(name: "Built for", value: file.machine.isa),
      PageModel.Fact(name: "Engine", value: file.machine.engine),
      PageModel.Fact(name: "Ranks per trial", value: grouped(file.ranksPerTrial)),
      PageModel.Fact(name: "Wall time", value: "\(significant(file.wallSeconds)) s"),
      PageModel.Fact(name: "Utilisation", value: fixed(file.utilisation, 3)),
      PageModel.Fact(name: "ddp-train", value: file.machine.version),
      PageModel.Fact(name: "Date", value: file.machine.date),
    ]
    let finished = file.trials.filter { $0.outcome == "finished" }
    let best = finished.filter { $0.heldOutLoss?.isFinite ?? false }.sorted {
      ($0.heldOutLoss ?? .infinity) < ($1.heldOutLoss ?? .infinity)
    }
    findings = Self.findings(file, finished: finished, best: best.first)
    var sections: [Section] = []
    if !best.isEmpty {
      sections.append(Section(heading: "The best by held-out loss", table: PageTable(.trials(Array(best.prefix(10))))))
    }
    if let target = file.target {
      let reached = finished.filter { ($0.trainingLoss ?? .infinity) < target }.sorted { $0.seconds < $1.seconds }
      if !reached.isEmpty {
        sections.append(
          Section(
            heading: "The fastest to a training loss below \(significant(target))",
            table: PageTable(.trials(Array(reached.prefix(10))))))
      }
    }
    self.sections = sections
    figures = drawn.enumerated().map { index, drawn in
      PageModel.ShownFigure(
        number: index + 1, name: drawn.figure.name, svg: drawn.svg, caption: drawn.figure.caption,
        size: drawn.figure.isWide ? "wide" : "half")
    }
  }

  private static func findings(_ file: SweepFile, finished: [TrialRecord], best: TrialRecord?) -> [String] {
    var findings = ["\(finished.count) of \(plural(file.trials.count, "trial")) finished."]
    for outcome in Set(file.trials.map(\.outcome)).subtracting(["finished"]).sorted() {
      findings.append("\(outcome): \(plural(file.trials.count { $0.outcome == outcome }, "trial")).")
    }
    if let best, let loss = best.heldOutLoss {
      findings.append(
        "The best held-out loss is \(fixed(loss, 4)) nats per prediction: C = \(best.c), B = \(best.batch), rate "
          + "\(significant(best.learningRate)), \(plural(best.steps, "step")), \(significant(best.seconds)) s.")
    }
    return findings
  }
}

extension Table<TrialRecord> {
  static func trials(_ trials: [TrialRecord]) -> Table {
    Table(
      trials,
      [
        .number("C") { "\($0.c)" }, .number("heads") { "\($0.heads)" }, .number("B") { "\($0.batch)" },
        .number("rate") { "\($0.learningRate)" }, .number("steps") { grouped($0.steps) },
        .words("schedule") { $0.schedule }, .number("seed") { "\($0.seed)" },
        .number("training loss") { $0.trainingLoss.map { fixed($0, 4) } ?? "–" },
        .number("held-out loss") { $0.heldOutLoss.map { fixed($0, 4) } ?? "–" },
        .number("seconds") { significant($0.seconds) },
      ])
  }
}

enum SweepTemplate {
  /// - Parameter model: a `SweepModel`, or another value with the same properties.
  static func render(_ model: Any) throws -> String {
    let parts = [
      "page": try HTMLText.template(page), "head": try HTMLText.template(PageTemplate.head),
      "table": try HTMLText.template(PageTemplate.table),
      "figure": try HTMLText.template(PageTemplate.figure),
    ]
    return MustacheLibrary(templates: parts).render(model, withTemplate: "page") ?? ""
  }

  private static let page = """
    {{> head}}
    <body>
    <h1>{{title}}</h1>
    <pre>{{command}}</pre>
    <dl class="facts">
    {{#facts}}
    <dt>{{name}}</dt><dd>{{value}}</dd>
    {{/facts}}
    </dl>
    <h2>What was found</h2>
    <ul class="findings">
    {{#findings}}
    <li>{{.}}</li>
    {{/findings}}
    </ul>
    <div class="figures">
    {{#figures}}
    {{> figure}}
    {{/figures}}
    </div>
    {{#sections}}
    <h2>{{heading}}</h2>
    {{#table}}
    {{> table}}
    {{/table}}
    {{/sections}}
    <h2>What the numbers mean</h2>
    <p>Losses are in nats per prediction. Training loss: mean of the last 100 steps. Held-out loss: exact, over the fixed
    tenth. Seconds: all steps of the whole schedule, batch selection included, start-up and evaluation excluded.</p>
    </body>
    </html>

    """
}

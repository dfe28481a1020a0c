import Schemas
import Values

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

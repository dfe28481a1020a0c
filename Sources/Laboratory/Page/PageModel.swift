import Schemas
import Values

/// Everything the template shows. It reads stored properties only.
struct PageModel {
  struct Fact {
    var name: String
    var value: String
  }

  struct ShownFigure {
    var number: Int
    var name: String
    var svg: String
    var caption: String
    /// "half" or "wide"
    var size: String

    init(_ drawn: PageFiles.Drawn.Element, number: Int) {
      (self.number, svg) = (number, drawn.svg)
      (name, caption, size) = (drawn.figure.name, drawn.figure.caption, drawn.figure.isWide ? "wide" : "half")
    }
  }

  struct Section {
    /// For links to it.
    var name: String
    var title: String
    var times: PageTable
    var factors: PageTable?
    /// What names cost.
    var names: PageTable?
    var ceiling: BesideCeilings?
    var figures: [ShownFigure]
    var hasFigures: Bool
  }

  /// A case's measurement beside its ceiling.
  struct BesideCeilings {
    var sentences: [String]
    var speeds, parts: PageTable

    init?(_ rows: [BesideCeiling]) {
      guard !rows.isEmpty else { return nil }
      sentences = CeilingSentences.all(rows)
      (speeds, parts) = (PageTable(.speeds(rows)), PageTable(.parts(rows)))
    }
  }

  /// What holds for all ceilings.
  struct CeilingNotes {
    var assumptions, without: [String]

    init?(_ report: ScalingReport) {
      guard let ceiling = report.ceiling else { return nil }
      (assumptions, without) = (ceiling.assumptions, report.withoutCeiling)
    }
  }

  let style: String
  let title: String
  let command: String
  let facts: [Fact]
  let warnings: [String]
  let findings: [String]
  let oneRankOnly: Bool
  let cost: PageTable?
  /// Speed-ups, side by side.
  let overview: [ShownFigure]
  let sections: [Section]
  let widthFigures, foldedWidthFigures: [ShownFigure]
  let predictionFigures: [ShownFigure]
  let predictions: PageTable?
  let assumptions: [String]
  let late: PageTable?
  let ceilingNotes: CeilingNotes?
  let hasSeveralRanks: Bool
  let hasWarnings, hasOverview, hasWidthFigures, hasFoldedWidthFigures: Bool

  /// - Parameter drawn: figures in the order of the page, as SVG elements.
  init(_ report: ScalingReport, drawn: PageFiles.Drawn) {
    var number = 0
    func take(_ isWanted: (String) -> Bool) -> [ShownFigure] {
      drawn.filter { isWanted($0.figure.name) }.map { drawn in
        number += 1
        return ShownFigure(drawn, number: number)
      }
    }
    let machine = report.machine
    style = PageStyle.text
    title = "Scaling of ddp-train on \(plural(machine.ranks, "rank"))"
    command = machine.command
    facts = Self.facts(machine)
    warnings = machine.warnings
    let besideCeilings = report.rowsBesideCeilings
    findings = Sentences.findings(report) + CeilingSentences.findings(besideCeilings)
    ceilingNotes = CeilingNotes(report)
    hasSeveralRanks = report.hasSeveralRanks
    oneRankOnly = !hasSeveralRanks
    cost = report.cost.isEmpty ? nil : PageTable(.costs(report.cost))
    // Weak scaling is folded where there is strong scaling to look at.
    let isWeakFolded = report.cases.contains { $0.mode == .strong }
    func isOpen(_ name: String) -> Bool { !(isWeakFolded && name.hasSuffix("-weak")) }
    func isOverWidth(_ name: String) -> Bool { name.hasPrefix("strategies-") || name.hasPrefix("crossover-") }
    overview = Self.sayingOnce(take { $0.hasPrefix("speed-up-") && isOpen($0) })
    hasOverview = !overview.isEmpty
    widthFigures = take { isOverWidth($0) && isOpen($0) }
    sections = report.cases.map { what in
      let results = report.results(of: what)
      let isParallel = results.contains { $0.ranks > 1 }
      return Section(
        name: "case-\(what.name)", title: "\(what.title), \(what.mode.rawValue) scaling",
        times: PageTable(.times(results)),
        factors: isParallel ? PageTable(.factors(results.filter { $0.ranks > 1 }, onPage: true)) : nil,
        names: isParallel
          ? PageTable(.names(results.filter { $0.ranks > 1 }, watts: report.machine.assumedWatts)) : nil,
        ceiling: BesideCeilings(besideCeilings.filter { Case($0) == what }),
        figures: take { name in
          name == "time-split-\(what.name)" || name == "speed-up-\(what.name)" && !isOpen(name)
        }, hasFigures: isParallel)
    }
    hasWarnings = !warnings.isEmpty
    hasWidthFigures = !widthFigures.isEmpty
    foldedWidthFigures = take { isOverWidth($0) && !isOpen($0) }
    hasFoldedWidthFigures = !foldedWidthFigures.isEmpty
    predictionFigures = take { $0.hasPrefix("predicted-") }
    predictions = report.predictions.isEmpty ? nil : PageTable(.predictions(report.predictions, onPage: true))
    assumptions = report.assumptions
    late = report.late.isEmpty ? nil : PageTable(.late(report.late))
  }

  /// Figures beside one another, of which each caption is said once.
  private static func sayingOnce(_ figures: [ShownFigure]) -> [ShownFigure] {
    figures.map { figure in
      guard let first = figures.first(where: { $0.caption == figure.caption }), first.number < figure.number else {
        return figure
      }
      var short = figure
      short.caption = "As figure \(first.number)."
      return short
    }
  }

  private static func facts(_ machine: Machine) -> [Fact] {
    [
      Fact(name: "CPU", value: machine.cpu), Fact(name: "Built for", value: machine.isa),
      Fact(name: "Peak", value: machine.peak ?? "not measured"),
      Fact(name: "CPUs of rank 0", value: grouped(machine.cores)), Fact(name: "Hosts", value: machine.ranksOnHosts),
      Fact(name: "System", value: machine.system), Fact(name: "MPI", value: machine.mpi),
      Fact(name: "ddp-train", value: machine.version), Fact(name: "Date", value: machine.date),
    ]
  }
}

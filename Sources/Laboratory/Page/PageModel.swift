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

  struct LatePlace {
    var place: String
    var sentences: [String]
  }

  let style: String
  let title: String
  let command: String
  let facts: [Fact]
  let warnings: [String]
  let findings: [String]
  let oneRankOnly: Bool
  let cost: PageTable?
  let sections: [Section]
  let widthFigures: [ShownFigure]
  let predictionFigures: [ShownFigure]
  let predictions: PageTable?
  let assumptions: [String]
  let late: [LatePlace]
  let ceilingNotes: CeilingNotes?
  let hasSeveralRanks: Bool
  let hasWarnings, hasWidthFigures, hasLate: Bool

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
    sections = report.cases.map { what in
      let results = report.results(of: what)
      let isParallel = results.contains { $0.ranks > 1 }
      let names = ["speed-up", "efficiency", "time-split"].map { "\($0)-\(what.name)" }
      return Section(
        title: "\(what.title), \(what.mode.rawValue) scaling", times: PageTable(.times(results)),
        factors: isParallel ? PageTable(.factors(results.filter { $0.ranks > 1 }, onPage: true)) : nil,
        names: isParallel
          ? PageTable(.names(results.filter { $0.ranks > 1 }, watts: report.machine.assumedWatts)) : nil,
        ceiling: BesideCeilings(besideCeilings.filter { Case($0) == what }),
        figures: take { names.contains($0) },
        hasFigures: isParallel)
    }
    widthFigures = take { $0.hasPrefix("strategies-") || $0.hasPrefix("crossover-") }
    hasWarnings = !warnings.isEmpty
    hasWidthFigures = !widthFigures.isEmpty
    hasLate = !report.late.isEmpty
    predictionFigures = take { $0.hasPrefix("predicted-") }
    predictions = report.predictions.isEmpty ? nil : PageTable(.predictions(report.predictions, onPage: true))
    assumptions = report.assumptions
    late = report.late.distinct { Sentences.place($0) }.map { place in
      LatePlace(
        place: place, sentences: report.late.filter { Sentences.place($0) == place }.map { Sentences.late($0) + "." })
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

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

  init(_ file: SweepFile, drawn: PageFiles.Drawn) {
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
    findings = Self.findings(file)
    sections = Self.sections(file)
    figures = drawn.enumerated().map { PageModel.ShownFigure($1, number: $0 + 1) }
  }

  private static func sections(_ file: SweepFile) -> [Section] {
    var sections: [Section] = []
    let best = file.bestByHeldOutLoss(most: 10)
    if !best.isEmpty { sections.append(Section(heading: "The best by held-out loss", table: PageTable(.trials(best)))) }
    if let target = file.target {
      let reached = file.fastest(toTrainingLoss: target).prefix(10)
      if !reached.isEmpty {
        sections.append(
          Section(
            heading: "The fastest to a training loss below \(significant(target))",
            table: PageTable(.trials(Array(reached)))))
      }
    }
    let spreads = SeedSpread.severalSeeds(file.trials).prefix(10)
    if !spreads.isEmpty {
      sections.append(
        Section(heading: "Over the seeds, the best by the mean", table: PageTable(.spreads(Array(spreads)))))
    }
    let unfinished = file.trials.filter { !$0.isFinished }
    if !unfinished.isEmpty {
      let most = 20
      sections.append(
        Section(
          heading: unfinished.count > most ? "The first \(most) that did not finish" : "Trials that did not finish",
          table: PageTable(.notFinished(Array(unfinished.prefix(most))))))
    }
    return sections
  }

  private static func findings(_ file: SweepFile) -> [String] {
    let count = file.trials.count { $0.isFinished }
    var findings = ["\(grouped(count)) of \(plural(file.trials.count, "trial")) finished."]
    for outcome in Set(file.trials.map(\.outcome)).subtracting(["finished"]).sorted() {
      findings.append(
        "\(outcome.replacing("_", with: " ")): \(plural(file.trials.count { $0.outcome == outcome }, "trial")).")
    }
    if count == 0 { findings.append("There is no loss to draw.") }
    if let best = file.bestByHeldOutLoss(most: 1).first {
      findings.append(
        "The best held-out loss is \(TrialRecord.lossText(best.heldOutLoss)) nats per prediction: \(best.settingsText), "
          + "\(significant(best.seconds)) s.")
    }
    if let target = file.target {
      let reached = file.fastest(toTrainingLoss: target)
      findings.append(
        reached.first.map {
          "\(grouped(reached.count)) reached a training loss below \(significant(target)), the fastest in "
            + "\(significant($0.seconds)) s: \($0.settingsText)."
        } ?? "No trial reached a training loss below \(significant(target)).")
    }
    return findings
  }
}

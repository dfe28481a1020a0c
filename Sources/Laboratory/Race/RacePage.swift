import Files
import Schemas
import Values

/// A race as one page that needs nothing else, and the files it was made from.
public enum RacePage {
  /// Where a page is to go, found wrong before there is one.
  ///
  /// - Throws: `DestinationError`.
  public static func folder(_ option: String, _ path: String, waiting: Waiting) throws -> DestinationFolder {
    try PageFiles.folder(option, path, name: "race", waiting: waiting)
  }

  /// Writes index.html, race.json, race.csv, and figures/NAME.gp and .svg.
  ///
  /// - Parameters:
  ///   - folder: made where it is not there; files of these names in it are replaced.
  ///   - gnuplot: from `Gnuplot.require`.
  /// - Throws: `ReportError`, `DestinationError`.
  public static func write(_ file: RaceFile, to folder: DestinationFolder, gnuplot: Gnuplot) throws {
    try PageFiles(name: "race", folder: folder, gnuplot: gnuplot).write(
      file, rows: file.race.map(RaceRow.init), figures: RaceCurves.figures(file)
    ) { drawn in try SweepTemplate.render(RaceModel(file, drawn: drawn)) }
  }
}

/// A result without its lists, for CSV.
struct RaceRow: FileRecord {
  var ranks = 0, use = "", secondsToTarget: Double?, ratio: Double?, ratioLow: Double?, ratioHigh: Double?
  var reached = false, trainingLoss = Double.nan, heldOutLoss = Double.nan
  var c = 0, heads = 0, batch = 0, learningRate = Double.nan, steps = 0, schedule = "", warmUp = 0, beta2 = Double.nan

  init() {}

  init(_ result: RaceResult) {
    (ranks, use, secondsToTarget, ratio) = (result.ranks, result.use, result.secondsToTarget, result.ratio)
    (ratioLow, ratioHigh, reached) = (result.ratioLow, result.ratioHigh, result.reached)
    (trainingLoss, heldOutLoss) = (result.trainingLoss, result.heldOutLoss)
    (c, heads, batch, learningRate) = (result.c, result.heads, result.batch, result.learningRate)
    (steps, schedule, warmUp, beta2) = (result.steps, result.schedule, result.warmUp, result.beta2)
  }
}

/// Everything the page's template shows.
struct RaceModel {
  let style = PageStyle.text
  let title, command: String
  let facts: [PageModel.Fact]
  let findings: [String]
  let sections: [SweepModel.Section]
  let figures: [PageModel.ShownFigure]

  init(_ file: RaceFile, drawn: PageFiles.Drawn) {
    title = "The fastest way to a \(file.loss) loss below \(significant(file.target))"
    command = file.machine.command
    facts = [
      PageModel.Fact(name: "CPU", value: file.machine.cpu), PageModel.Fact(name: "Built for", value: file.machine.isa),
      PageModel.Fact(name: "Ranks", value: grouped(file.ranks)),
      PageModel.Fact(name: "Wall time", value: "\(significant(file.wallSeconds)) s"),
      PageModel.Fact(name: "ddp-train", value: file.machine.version),
      PageModel.Fact(name: "Date", value: file.machine.date),
    ]
    findings =
      file.findings + file.definitions.map { Self.sentence($0) }
      + file.notMeasured.map { "Not measured: \($0)." }
    var sections: [SweepModel.Section] = []
    let results = [file.reference].compactMap { $0 } + file.race
    if !results.isEmpty {
      sections.append(
        SweepModel.Section(heading: "Runs for real; the first is the reference", table: PageTable(.race(results))))
    }
    if !file.budget.isEmpty {
      sections.append(
        SweepModel.Section(
          heading: "The best loss within \(significant(file.budgetSeconds ?? .nan)) s of steps",
          table: PageTable(.budget(file.budget))))
    }
    self.sections = sections
    figures = drawn.enumerated().map { PageModel.ShownFigure($1, number: $0 + 1) }
  }

  private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }
}

extension RaceFile {
  /// What came of it, a sentence each.
  var findings: [String] {
    let best = timeToTarget.filter(\.measured)
    var findings = best.map { time -> String in
      let ratio = race.first { $0.ranks == time.ranks && $0.secondsToTarget == time.seconds }?.ratio
      return "On \(plural(time.ranks, "rank")) the fastest training takes \(significant(time.seconds)) s"
        + (ratio.map { ", \(fixed($0, 2)) of the reference run's time" } ?? "") + "."
    }
    let together = race.first { $0.use == "several at once" && $0.reached }
    if let together, let alone = best.last, let seconds = together.secondsToTarget {
      findings.append(
        "The first of \(together.ranks) trainings at once is there after \(significant(seconds)) s, one training on all "
          + "after \(significant(alone.seconds)) s.")
    }
    return findings + batchSentences
  }
}

extension RaceResult {
  /// "one training", "2 groups, every 32 steps"
  public var useWords: String {
    guard let groups, let syncEvery else { return use }
    return "\(groups) groups, every \(plural(syncEvery, "step"))" + (syncOverlap == true ? ", overlapping" : "")
  }
}

extension Table<RaceResult> {
  static func race(_ results: [RaceResult]) -> Table {
    Table(
      results,
      [
        .number("ranks") { grouped($0.ranks) }, .words("use") { $0.useWords },
        .number("seconds") { $0.secondsToTarget.map { significant($0) } ?? "not reached" },
        .measured("ratio", interval: nil, { fixed($0, 2) }) {
          ($0.ratio ?? .nan, low: $0.ratioLow ?? .nan, high: $0.ratioHigh ?? .nan)
        },
        .number("seeds") { result in "\(result.seeds.filter(\.reached).count)/\(result.seeds.count)" },
        .number("training") { fixed($0.trainingLoss, 4) }, .number("held out") { fixed($0.heldOutLoss, 4) },
        .number("C") { "\($0.c)" }, .number("batch") { "\($0.batch)" }, .number("rate") { "\($0.learningRate)" },
        .number("steps") { grouped($0.steps) }, .words("schedule") { $0.schedule },
        .number("warm-up") { grouped($0.warmUp) },
      ])
  }
}

extension Table<BudgetResult> {
  static func budget(_ results: [BudgetResult]) -> Table {
    Table(
      results,
      [
        .number("C") { "\($0.c)" }, .number("batch") { "\($0.batch)" }, .number("ranks") { "\($0.ranks)" },
        .number("training") { $0.trainingLoss.map { fixed($0, 4) } ?? "–" },
        .number("held out") { $0.heldOutLoss.map { fixed($0, 4) } ?? "–" },
        .number("rate") { "\($0.learningRate)" }, .number("steps") { grouped($0.steps) },
        .number("seconds") { significant($0.seconds) },
      ])
  }
}

import Files
import Schemas
import Values

/// A lesson as one page that needs nothing else, and the files it was made from.
public enum LessonPage {
  /// Where a page is to go, found wrong before there is one.
  ///
  /// - Throws: `DestinationError`.
  public static func folder(_ option: String, _ path: String, waiting: Waiting) throws -> DestinationFolder {
    try PageFiles.folder(option, path, name: "lesson", waiting: waiting)
  }

  /// Writes index.html, lesson.json, lesson.csv (what was run, and how long it took), and figures/NAME.gp and .svg.
  ///
  /// - Parameters:
  ///   - folder: made where it is not there; files of these names in it are replaced.
  ///   - gnuplot: from `Gnuplot.require`.
  /// - Throws: `ReportError`, `DestinationError`.
  public static func write(_ file: LessonFile, to folder: DestinationFolder, gnuplot: Gnuplot) throws {
    let sections = LessonSection.all(file)
    try PageFiles(name: "lesson", folder: folder, gnuplot: gnuplot).write(
      file, rows: file.parts, figures: sections.flatMap(\.figures)
    ) { drawn in try LessonTemplate.render(LessonModel(file, sections, drawn: drawn)) }
  }

  /// What this machine answers, for the terminal: a question and its sentences, one after another.
  public static func text(_ file: LessonFile) -> String {
    LessonSection.all(file).map { section in
      let answers = section.missing.map { ["not measured: \($0)"] } ?? section.claims
      return ([section.question] + answers.flatMap { ScalingTables.wrapped($0) }).joined(separator: "\n")
    }.joined(separator: "\n\n")
  }
}

/// Everything the template shows. It reads stored properties only.
struct LessonModel {
  struct Section {
    let name, question, why: String
    let claims, commands: [String]
    let missing: String?
    let figures: [PageModel.ShownFigure]
    let tables: [PageTable]
    let hasFigures, hasTables, hasCommands: Bool
  }

  struct Answer {
    let name, question, answer: String
  }

  let style = PageStyle.text + LessonTemplate.style
  let title = "When the work is smaller than the ceremony"
  let command: String
  let facts: [PageModel.Fact]
  let answers: [Answer]
  let sections: [Section]

  init(_ file: LessonFile, _ sections: [LessonSection], drawn: PageFiles.Drawn) {
    command = file.origin?.command ?? "ddp-train lesson"
    let seconds = file.parts.map(\.seconds).filter(\.isFinite).reduce(0, +)
    facts = [
      PageModel.Fact(name: "CPU", value: withoutMarks(file.origin?.cpu ?? "")),
      PageModel.Fact(name: "Built for", value: file.isa),
      PageModel.Fact(name: "Cores", value: "\(plural(file.ranks, "core")), a rank on each"),
      PageModel.Fact(name: "Measured in", value: "\(fixed(seconds, 0)) s" + (file.quick ? ", the short way" : "")),
      PageModel.Fact(name: "ddp-train", value: file.origin?.version ?? ""),
      PageModel.Fact(name: "Date", value: file.origin?.date ?? ""),
    ]
    answers = sections.compactMap { section in
      section.answer.map { Answer(name: section.name, question: section.question, answer: $0) }
    }
    var number = 0
    self.sections = sections.map { section in
      let figures = section.figures.compactMap { figure in drawn.first { $0.figure.name == figure.name } }.map {
        drawn in
        number += 1
        return PageModel.ShownFigure(drawn, number: number)
      }
      return Section(
        name: section.name, question: section.question, why: section.why, claims: section.claims,
        commands: section.commands, missing: section.missing, figures: figures, tables: section.tables,
        hasFigures: !figures.isEmpty, hasTables: !section.tables.isEmpty, hasCommands: !section.commands.isEmpty)
    }
  }
}

import ArgumentParser
import CSIMD
import DataParallel
import Files
import Foundation
import Laboratory
import Launch
import MPI
import Options
import Schemas
import Values

struct LessonCommand: JobCommand {
  static let configuration = CommandConfiguration(
    commandName: "lesson",
    abstract: "Tell the whole story with this machine's numbers, on one page.",
    discussion: """
      Call it without mpirun: it starts its jobs itself, one after another. One core, what each idea is worth, what talking \
      costs, when another core pays, how far it goes, what it is worth for the loss, and what it costs. That takes about four \
      minutes on two cores, and about one with --quick.

      The folder gets index.html, which needs nothing else, lesson.json with all numbers, the figures, and in parts/ what each \
      command wrote. Needs gnuplot.
      """)

  struct Table: OptionTable {
    let report = Declared<String?>(
      "report", .folder, otherwise: Self.usualFolder, help: "The folder to write to; made where it is not there.")
    let quick = Declared("quick", help: "Measure for a minute only: the intervals get wider.")
    let ranks = Declared(
      Ranges.ranks, otherwise: "one on each physical core", as: "n", help: "Ranks of the jobs that have several.")
    let from = Declared<String?>(
      "from", .file, help: "Measure nothing, and draw the page anew from this lesson.json.")
    let progress = Declared.progress

    static let usualFolder = "ddp-train-lesson"
  }

  @OptionGroup var options: CommandLineOptions<Table>

  func run(on world: Communicator) throws {
    guard Launch.current == .alone else {
      throw JobFailure(
        description: "lesson starts mpirun by itself: call it without a launcher", isSpeaker: world.rank == 0, code: 64)
    }
    try onEveryRank(of: world) {
      let options = try self.options.values()
      try options.requireEffect()
      let gnuplot = try Gnuplot.require()
      let path = options.report ?? Table.usualFolder
      let folder = try LessonPage.folder("--report", path, waiting: .ofProgram)
      let file: LessonFile
      if let from = options.from {
        try requireDistinct(folder.files, inputs: [("--from", from)])
        file = try readResults(from) { try LessonFile(json: $0) }
      } else {
        try requireDistinct(folder.files, inputs: ProjectFiles.inputs())
        file = try measured(options, in: folder, on: world)
      }
      try endingOnStop { try LessonPage.write(file, to: folder, gnuplot: gnuplot) }
      print(LessonPage.text(file) + "\n\n\(path)/index.html")
      let failed = file.parts.filter { $0.problem != nil }
      guard failed.isEmpty else {
        throw CommandFailure(
          "\(failed.count) of \(plural(file.parts.count, "part")) could not be measured: "
            + failed.map(\.part).joined(separator: ", ") + "; the page says why")
      }
    }
  }

  private func measured(
    _ options: OptionValues<Table>, in folder: DestinationFolder, on world: Communicator
  ) throws -> LessonFile {
    let ranks = options.ranks ?? UsableCores.ofThisHost().count
    let plan = LessonPlan(ranks: ranks, quick: options.quick)
    try folder.make(Self.parts)
    let display = ProgressDisplay(options.progress, on: world)
    defer { display.finish() }
    var file = LessonFile()
    (file.origin, file.isa, file.ranks, file.quick) = (
      Origin(of: world), String(cString: csimd_built_for()), ranks, options.quick
    )
    try LessonRun(plan: plan, folder: "\(folder.path)/\(Self.parts)", display: display).run(into: &file)
    return file
  }

  private static let parts = "parts"
}

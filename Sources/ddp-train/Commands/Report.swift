import ArgumentParser
import DataParallel
import Files
import Foundation
import Laboratory
import MPI
import Options
import Schemas

struct Report: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the page of a scaling report, a sweep or a race anew from its JSON.",
    discussion: """
      Writes index.html, which needs nothing else, and beside it the numbers as JSON and CSV and each figure as SVG \
      with its gnuplot script. Needs gnuplot, no ranks, and nothing of the machine that was measured.
      """)

  @Argument(help: ArgumentHelp("What --json or --report of scaling, sweep or race wrote.", valueName: "file"))
  var file: String

  @Option(help: ArgumentHelp("The folder to write to; made where it is not there.", valueName: "folder"))
  var report: String

  static let oneTaskIsEnough = true

  func run(on world: Communicator) throws {
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      let gnuplot = try Gnuplot.require()
      let file = try endingOnStop { try read() }
      let folder =
        switch file {
        case .scaling: try ScalingPage.folder("--report", report, waiting: .ofProgram)
        case .sweep: try SweepPage.folder("--report", report, waiting: .ofProgram)
        case .race: try RacePage.folder("--report", report, waiting: .ofProgram)
        }
      try requireDistinct(folder.files, inputs: [("the input", self.file)])
      try endingOnStop {
        switch file {
        case .scaling(let results): try ScalingPage.write(results, to: folder, gnuplot: gnuplot)
        case .sweep(let results): try SweepPage.write(results, to: folder, gnuplot: gnuplot)
        case .race(let results): try RacePage.write(results, to: folder, gnuplot: gnuplot)
        }
      }
      print("\(report)/index.html")
    }
  }

  private func read() throws -> PageFile {
    let bytes = try readRegularFile(path: file, limitInBytes: 1 << 28) { OptionError("\(file): \($0)") }
    do {
      return try PageFile(json: Data(bytes))
    } catch {
      throw OptionError("\(file): \(error)")
    }
  }
}

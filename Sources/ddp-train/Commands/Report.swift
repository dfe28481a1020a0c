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
    abstract: "Make the page of a scaling report anew from its JSON.",
    discussion: """
      Writes index.html, which needs nothing else, and beside it the numbers as JSON and CSV and each figure as SVG \
      with its gnuplot script. Needs gnuplot, no ranks, and nothing of the machine that was measured.
      """)

  @Argument(help: ArgumentHelp("What scaling --json or --report wrote.", valueName: "file"))
  var file: String

  @Option(help: ArgumentHelp("The folder to write to; made where it is not there.", valueName: "folder"))
  var report: String

  static let oneTaskIsEnough = true

  func run(on world: Communicator) throws {
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      let gnuplot = try Gnuplot.require()
      let folder = try ScalingPage.folder("--report", report, waiting: .ofProgram)
      try requireDistinct(folder.files, inputs: [("the input", file)])
      try endingOnStop { try ScalingPage.write(try read(), to: folder, gnuplot: gnuplot) }
      print("\(report)/index.html")
    }
  }

  private func read() throws -> ScalingReport {
    let bytes = try readRegularFile(path: file, limitInBytes: 1 << 28) { OptionError("\(file): \($0)") }
    do {
      return try ScalingReport(json: Data(bytes))
    } catch {
      throw OptionError("\(file): \(error)")
    }
  }
}

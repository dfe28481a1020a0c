import ArgumentParser
import DataParallel
import Files
import Foundation
import Laboratory
import MPI
import Schemas

struct Report: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the page of a scaling report, a sweep or a race anew from its JSON.",
    discussion: """
      Writes index.html, which needs nothing else, and beside it the numbers as JSON and CSV and each figure as SVG \
      with its gnuplot script. Needs gnuplot, no ranks, and nothing of the machine that was measured.

      --ceiling puts what the measured ranks could be worth beside a scaling report, and says where they part; \
      launch/many-core measures both.
      """)

  @Argument(
    help: ArgumentHelp("What --json or --report of scaling, sweep or race wrote.", valueName: "file"),
    completion: .file())
  var file: String

  @Option(
    help: ArgumentHelp("The folder to write to; made where it is not there.", valueName: "folder"),
    completion: .directory)
  var report: String

  @Option(
    help: ArgumentHelp("Of a scaling report: what --json of ceiling wrote, to stand beside it.", valueName: "file"),
    completion: .file())
  var ceiling: String?

  static let oneTaskIsEnough = true

  func run(on world: Communicator) throws {
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      let gnuplot = try Gnuplot.require()
      let file = try endingOnStop { try withCeiling(try readResults(self.file) { try PageFile(json: $0) }) }
      let folder =
        switch file {
        case .scaling(let results):
          try ScalingPage.folder("--report", report, hasCeiling: results.ceiling != nil, waiting: .ofProgram)
        case .sweep: try SweepPage.folder("--report", report, waiting: .ofProgram)
        case .race: try RacePage.folder("--report", report, waiting: .ofProgram)
        }
      try requireDistinct(
        folder.files, inputs: [("the input", self.file)] + (ceiling.map { [("--ceiling", $0)] } ?? []))
      try endingOnStop {
        switch file {
        case .scaling(let results): try ScalingPage.write(results, to: folder, gnuplot: gnuplot)
        case .sweep(let results): try SweepPage.write(results, to: folder, gnuplot: gnuplot)
        case .race(let results): try RacePage.write(results, to: folder, gnuplot: gnuplot)
        }
      }
      if case .scaling(let results) = file, results.ceiling != nil { print(CeilingTables.text(results) + "\n") }
      print("\(report)/index.html")
    }
  }

  private func withCeiling(_ file: PageFile) throws -> PageFile {
    guard let ceiling else { return file }
    guard case .scaling(var results) = file else {
      throw CommandFailure("--ceiling is for the results of scaling, and \(self.file) has others")
    }
    let found = try readResults(ceiling) { try CeilingFile(json: $0) }
    do {
      try results.add(found)
    } catch {
      throw CommandFailure("--ceiling \(ceiling) and \(self.file): \(error)")
    }
    return .scaling(results)
  }
}

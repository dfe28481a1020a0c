import ArgumentParser
import DataParallel
import Foundation
import MPI
import RegularFiles
import Reports
import Scaling

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
      try ScalingPage.write(try read(), to: report, gnuplot: gnuplot)
      print("\(report)/index.html")
    }
  }

  private func read() throws -> ScalingReport {
    let bytes: [UInt8]
    do {
      bytes = try readRegularFile(path: file, limitInBytes: 1 << 28)
    } catch {
      throw OptionError("\(file): \(describe(error))")
    }
    do {
      return try ScalingJSON.decode(Data(bytes))
    } catch {
      throw OptionError("\(file): \(error)")
    }
  }

  private func describe(_ error: RegularFileError) -> String {
    switch error {
    case .notFound: "No such file"
    case .isDirectory: "is a directory, not a file"
    case .isSpecial: "is not a regular file"
    case .tooLarge: "is larger than 256 MiB"
    case .system(let step, let reason): "cannot be \(step): \(reason)"
    }
  }
}

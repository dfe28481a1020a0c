import ArgumentParser
import DataParallel
import Files
import Foundation
import Laboratory
import MPI
import Schemas

struct CompareCommand: JobCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare two JSON results of one command: ratios, and which are more than noise.",
    discussion: """
      Of bench, ceiling, ladder, scaling, predict, sweep and race. Rows of the same case stand beside each other; a ratio \
      is B / A, with an interval where the files hold a spread. docs/outputs.md says how it is made. * marks a ratio \
      whose interval leaves 1 out. What differs in machine, program or options is said first.
      """)

  @Argument(help: ArgumentHelp("What --json of a command wrote.", valueName: "a"), completion: .file())
  var a: String

  @Argument(
    help: ArgumentHelp("The same of another run, which is divided by the first.", valueName: "b"),
    completion: .file())
  var b: String

  @Option(help: ArgumentHelp("Write the result as JSON.", valueName: "file"), completion: .file())
  var json: String?

  static let oneTaskIsEnough = true

  func run(on world: Communicator) throws {
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      let file = try json.map { try Destination("--json", $0) }
      try requireDistinct([file].compactMap { $0 }, inputs: [("the input", a), ("the input", b)])
      func results(_ path: String) throws -> ResultFile { try readResults(path) { try ResultFile(json: $0) } }
      let found = try ComparisonFile((a, try results(a)), (b, try results(b)))
      print(found.text)
      try file?.write(SchemaJSON.encode(found))
    }
  }
}

import ArgumentParser
import DataParallel
import Files
import Foundation
import MPI
import Options
import Schemas
import Values

struct VerifyCommand: JobCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check a run that somebody hands over, by its chain and by training it again.",
    discussion: """
      Of a folder of checkpoints whose run had --reproducible and --keep-every. First every file is held against its link \
      of the chain: tensors, settings, names, and the link before. Then the segments between links are trained again, each \
      on one rank, under mpirun on as many as there are, and must come to the same bits. --head is the head of the chain \
      as the run printed it. Exits 1 where something is not as it was.

      With --compare and two folders: the first segment in which two runs part, and the step in it. docs/verify.md has the \
      chain's form.
      """)

  struct Table: OptionTable {
    let segments = Declared(
      "segments", SegmentChoice.self, otherwise: "all", as: "which",
      help: "Which segments are trained again: all, or random:10, of which the report says what they are worth.")
    let seed = Declared(
      Ranges.seed, otherwise: "drawn, and printed", help: "Which segments --segments random:n draws.")
    let head = Declared(
      "head", ExpectedHead.self, otherwise: "whatever the folder has", as: "digest",
      help: "The head that the chain must have: 64 hexadecimal digits.")
    let data = Declared<String?>(
      "data", .file, otherwise: "where the run had them", .own, help: "The run's names, where they are elsewhere now.")
    let metrics = Declared<String?>(
      "metrics", .file,
      help: "What --metrics of the run wrote with --hash-every: a segment in which bits part is narrowed by its links.")
    let json = Declared.json
    let progress = Declared.progress
  }

  @Argument(
    help: ArgumentHelp("A folder of checkpoints; with --compare two.", valueName: "folder"), completion: .directory)
  var folders: [String]

  @Flag(help: "Find where two runs part.")
  var compare = false

  @OptionGroup var options: CommandLineOptions<Table>

  func validate() throws {
    let wanted = compare ? 2 : 1
    guard folders.count == wanted else {
      throw ValidationError(
        compare
          ? "--compare takes two folders, and \(folders.count) are given"
          : "one folder is verified at a time; --compare takes two")
    }
  }

  func run(on world: Communicator) throws {
    let (options, output) = try options.agreed(on: world) { options in
      try requireEffect(options)
      guard world.rank == 0, let path = options.json else { return nil as Destination? }
      let file = try Destination("--json", path)
      let inputs = [("--data", options.data), ("--metrics", options.metrics)].compactMap { name, path in
        path.map { (name, $0) }
      }
      try requireDistinct([file], inputs: inputs)
      return file
    }
    try requireAgreement([("the folders", folders.joined(separator: " "))], over: world)
    let display = ProgressDisplay(options.progress, on: world)
    defer { display.finish() }
    if compare {
      let file = try ChainComparison(data: options.data, world: world, display: display).run(folders[0], folders[1])
      display.finish()
      try publish(file, file.text, to: output, on: world)
      return
    }
    let file = try Verification(options: options, world: world, display: display).run(folders[0])
    display.finish()
    try publish(file, file.text, to: output, on: world)
    guard file.verdict == "verified" else {
      throw JobFailure(description: file.failure, isSpeaker: world.rank == 0)
    }
  }

  private func publish(_ file: some FileFormat, _ text: String, to output: Destination?, on world: Communicator) throws
  {
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      print(text)
      try output?.write(SchemaJSON.encode(file))
    }
  }

  private func requireEffect(_ options: OptionValues<Table>) throws(OptionError) {
    let isRandom = if case .random = options.segments { true } else { false }
    try options.refuse(\.seed, if: !isRandom, "without --segments random:n: nothing is drawn")
    let why = "with --compare, which looks for the first difference of two runs"
    try options.refuse(\.segments, if: compare, why)
    try options.refuse(\.head, if: compare, why)
    try options.refuse(\.metrics, if: compare, why)
  }
}

import ArgumentParser
import Autograd
import DataParallel
import Foundation
import GPT
import MPI
import RegularFiles
import Scaling

struct LadderCommand: JobCommand {
  static let configuration = CommandConfiguration(
    commandName: "ladder",
    abstract: "Measure what each idea is worth, from a tape of scalars to N ranks.",
    discussion: """
      Each rung adds one idea to the rung before. First every rung takes three steps of the same batches: one that \
      differs from the rung before by more than rounding ends the command. Then all are timed in turns, in whole steps: \
      batch selection, forward, backward, Adam. One core's rungs run on rank 0 while other ranks sleep; under mpirun \
      the last rung is all ranks together.
      """)

  @Option(help: "The width.")
  var dModel = 16

  @Option(help: "Attention heads. (default: as in training)")
  var heads: Int?

  @Option(help: "Names in a batch.")
  var batch = 16

  @Option(help: "Seconds of timed steps, of all rungs together; at least three turns of each are timed.")
  var seconds = 10.0

  @Option(help: ArgumentHelp("Write the results here as JSON; - is standard output.", valueName: "file"))
  var json: String?

  func validate() throws {
    do {
      _ = try shape
    } catch {
      throw ValidationError("\(error)")
    }
    guard batch >= 1, batch <= Settings.largestBatch else { throw ValidationError("\(SettingsError.batch(batch))") }
    guard seconds.isFinite, seconds > 0 else { throw ValidationError("seconds \(seconds) is not a positive number") }
  }

  private var shape: Shape {
    get throws { try Shape(dModel: dModel, heads: heads ?? Shape.defaultHeads(dModel: dModel)) }
  }

  func run(on world: Communicator) throws {
    let (shape, names, file) = try onEveryRank(of: world) {
      let shape = try self.shape
      try requireMemory(for: shape)
      return (shape, try ProjectFiles.names(), try Destination.json(json, of: world))
    }
    try requireAgreement(
      [("d-model", "\(dModel)"), ("heads", "\(shape.heads)"), ("batch", "\(batch)"), ("seconds", "\(seconds)")],
      over: world)
    // Ranks have been given their cores; a process alone moves between all of them.
    if world.size == 1 { Core.pin() }
    let ladder = Ladder(shape: shape, batch: batch, names: names, world: world)
    try ladder.validate()
    try ladder.run(seconds: seconds)
    let report = LadderReport(result: try ladder.result())
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      print(report.table)
      try file?.write(report.json)
    }
  }

  /// Widths have no limit but this one: the tape of the longest name, which grows by doubling.
  private func requireMemory(for shape: Shape) throws {
    let nodes = 2 * Shape.context * shape.parameterCount
    let needed = 2 * nodes * Tape<Float>.bytesPerNode
    let available = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    guard needed < available else {
      throw OptionError(
        "--d-model \(dModel): the tape of a name of 16 letters takes up to \(needed >> 20) MiB, and this machine has "
          + "\(available >> 20)")
    }
  }
}

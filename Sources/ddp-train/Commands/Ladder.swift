import ArgumentParser
import Autograd
import DataParallel
import Foundation
import GPT
import MPI
import Files
import Laboratory
import Values

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
  var dModel: Given = "16"

  @Option(help: "Attention heads. (default: as in training)")
  var heads: Given?

  @Option(help: "Names in a batch.")
  var batch: Given = "16"

  @Option(help: "Seconds of timed steps, of all rungs together; at least three turns of each are timed.")
  var seconds: Given = "10"

  @Option(help: ArgumentHelp("Write the results here as JSON; - is standard output.", valueName: "file"))
  var json: String?

  private var shape: Shape {
    get throws {
      let width = try dModel.number(in: Ranges.dModel)
      return try Shape(
        dModel: width, heads: try heads?.number(in: Ranges.heads) ?? Shape.defaultHeads(dModel: width))
    }
  }

  func run(on world: Communicator) throws {
    let (shape, batch, seconds, names, file) = try onEveryRank(of: world) {
      let shape = try self.shape
      let batch = try self.batch.number(in: Ranges.batch)
      let seconds = try self.seconds.number(in: Ranges.seconds)
      return (shape, batch, seconds, try ProjectFiles.names(), try Destination.json(json, of: world))
    }
    try requireAgreement(
      [("d-model", "\(shape.dModel)"), ("heads", "\(shape.heads)"), ("batch", "\(batch)"), ("seconds", "\(seconds)")],
      over: world)
    try requireMemory(for: shape, batch: batch, names: names, over: world)
    // Ranks have been given their cores; a process alone moves between all of them.
    if world.size == 1 { Core.pin() }
    let ladder = Ladder(shape: shape, batch: batch, names: names, world: world)
    let measurement = MeasurementReporter(seconds: seconds, on: world)
    defer { measurement.finish() }
    let progress = measurement.part("ladder")
    try ladder.validate()
    try ladder.run(seconds: seconds, progress: progress)
    measurement.finish()
    let report = LadderReport(result: try ladder.result())
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      print(report.table)
      try file?.write(report.json)
    }
  }

  /// The rungs of whole batches, and the tape of the longest name, which grows by doubling.
  private func requireMemory(for shape: Shape, batch: Int, names: NameTable, over world: Communicator) throws {
    let nodes = 2 * Shape.context * shape.parameterCount
    var need = MemoryNeed()
    need.touched = 2 * nodes * Tape<Float>.bytesPerNode
    (need.reserved, need.largest) = (need.touched, need.touched / 2)
    for rung in Rung.onOneCore {
      let timed = TimedCase(shape: shape, batch: rung.oneName ? 1 : batch, engine: rung.options)
      need = need + timed.memoryNeed(names: names, ranks: 1)
    }
    try ddp_train.requireMemory(need, for: "batch \(batch) at d-model \(shape.dModel)", over: world)
  }
}

import ArgumentParser
import Autograd
import DataParallel
import Files
import Foundation
import GPT
import Laboratory
import MPI
import Options
import Schemas
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

  struct Table: OptionTable {
    let dModel = Declared(Ranges.dModel, default: 16, help: "The width.")
    let heads = Declared(Ranges.heads, otherwise: "as in training", help: "Attention heads.")
    let batch = Declared(Ranges.batch, default: 16, help: "Names in a batch.")
    let seconds = Declared(
      Ranges.seconds, default: 10,
      help: "Seconds of timed steps, of all rungs together; at least three turns of each are timed.")
    let json = Declared.json
    let progress = Declared.progress
  }

  @OptionGroup var options: CommandLineOptions<Table>

  func run(on world: Communicator) throws {
    let (options, (shape, names, file)) = try options.agreed(on: world) { options in
      let shape = try Shape(dModel: options.dModel, heads: options.heads)
      return (shape, try ProjectFiles.names(), try Destination.json(options.json, of: world))
    }
    try requireMemory(for: shape, batch: options.batch, names: names, over: world)
    // Ranks have been given their cores; a process alone moves between all of them.
    if world.size == 1 { Core.pin() }
    let ladder = Ladder(shape: shape, batch: options.batch, names: names, world: world)
    let load = OtherLoad()
    let measurement = MeasurementReporter(options.progress, seconds: options.seconds, on: world)
    defer { measurement.finish() }
    measurement.begin(stage: "checking that all rungs agree")
    try ladder.validate()
    try ladder.run(seconds: options.seconds, progress: measurement.part("ladder"))
    measurement.finish()
    try ladder.result().publish(load, to: file, over: world)
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

import ArgumentParser
import CSIMD
import DataParallel
import Files
import GPT
import Laboratory
import MPI
import Options
import Schemas
import Values

struct CeilingCommand: JobCommand {
  static let configuration = CommandConfiguration(
    commandName: "ceiling",
    abstract: "Measure on one core what up to hundreds of ranks could be worth.",
    discussion: """
      One process plays the ranks of a job one after another, with the trainer's own shards, slices and shared \
      selection, and trains for real. The ceiling is one core's step over selection + the slowest rank's passes + the \
      slowest rank's update: what the ranks of one host would come to if nobody waited and nothing had to be sent. The \
      bound is what the operations allow that splitting a batch leaves; docs/many-core.md has the story.
      """)

  struct Table: OptionTable {
    let ranks = Declared(
      each: Ranges.playedRanks, default: [2, 4, 8, 16, 32, 64, 128, 192], help: "Numbers of ranks.")
    let dModel = Declared(each: Ranges.dModel, default: [16, 64], help: "Widths.")
    let batch = Declared(each: Ranges.batch, default: [1024], help: "Names in a batch; per rank in weak scaling.")
    let mode = Declared(each: "mode", default: [ScalingMode.strong], help: "Kinds of scaling.")
    let engine = EngineTable()
    let steps = Declared(Ranges.playedSteps, default: 200, help: "Steps to play on each number of ranks.")
    let json = Declared.json
    let progress = Declared.progress
  }

  @OptionGroup var options: CommandLineOptions<Table>

  func run(on world: Communicator) throws {
    try onEveryRank(of: world) {
      let options = try self.options.values()
      guard world.size == 1 else {
        throw OptionError("ceiling plays all ranks on one core: run it without mpirun, or with -np 1")
      }
      let file = try Destination.json(options.json, of: world)
      let names = try ProjectFiles.names()
      let cases = try cases(options)
      for what in cases {
        try requireMemory(
          try what.memoryNeed(names: names), for: "playing batch \(what.batch) at d-model \(what.shape.dModel)",
          over: world)
      }
      let core = Core.pin()
      let measurement = MeasurementReporter(options.progress, seconds: 0, on: world)
      defer { measurement.finish() }
      var found = CeilingFile()
      found.origin = Origin(of: world)
      (found.isa, found.cpu, found.core) = (String(cString: csimd_built_for()), Machine.cpuName, core)
      found.assumptions = CeilingFile.assumed
      var progress = Turns.Progress(
        turns: Turns(seconds: 0, leastRounds: cases.reduce(0) { $0 + $1.turns(steps: options.steps) }), rounds: 0,
        elapsedSeconds: 0)
      let (start, show) = (csimd_nanoseconds(), measurement.part("ceilings"))
      for what in cases {
        found.ceiling += try CeilingExperiment(what, names: names).run(
          steps: options.steps, isStopped: { StopSignal.isRequested }
        ) {
          progress.rounds += 1
          progress.elapsedSeconds = Double(csimd_nanoseconds() - start) * 1e-9
          show(progress)
        }
        try StopSignal.check()
      }
      measurement.finish()
      print(found.text)
      try file?.write(SchemaJSON.encode(found))
    }
  }

  private func cases(_ options: OptionValues<Table>) throws -> [CeilingExperiment.Case] {
    let ranks = Set(options.ranks).sorted()
    return try options.dModel.flatMap { width in
      let shape = try Shape(dModel: width, heads: nil)
      return try options.batch.flatMap { batch in
        try options.mode.map { mode in
          let most = mode == .weak ? batch * (ranks.last ?? 1) : batch
          guard Ranges.batch.range.contains(most) else {
            throw OptionError(
              "--batch \(batch) on \(ranks.last ?? 1) ranks is more than \(Ranges.batch.range.upperBound) names")
          }
          return CeilingExperiment.Case(
            shape: shape, batch: batch, mode: mode, engine: try options.engine.options, ranks: ranks)
        }
      }
    }
  }
}

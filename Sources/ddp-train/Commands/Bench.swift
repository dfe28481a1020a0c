import ArgumentParser
import DataParallel
import Dataset
import Files
import Foundation
import GPT
import Laboratory
import MPI
import Options
import Schemas
import Values

struct Bench: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure whole training steps: on one core as a share of its multiply-add peak, or by strategy.",
    discussion: """
      Validates the engine against the reference files, then times. Every step draws a fresh batch; batch selection, \
      prefix tree and Adam are inside. Nominal: 6 · parameters · predicted positions / time, whatever was shared; \
      effective: operations really done / time. Both as shares of the peak measured beside them. With --reproducible also \
      steps of reproducible runs, for each number of --micro-shards, and what they cost.

      With --sync, under mpirun: every synchronisation strategy at batch 16, in turns with one core alone and a bare \
      all-reduce. sync and Adam from the last rank's arrival on; efficiency: one core / (ranks · step); work: rows of \
      all ranks over those of one.

      With --sync --transports, without mpirun: one synchronisation of two ranks beside one core's step, through a shared \
      window, through MPI's shared memory, over TCP on loopback, and over TCP between two hosts in namespaces whose \
      packets are delayed by 50 µs (root; elsewhere the row says why there is none). It starts its jobs by itself.

      With --generate, on one rank or more: how fast names are written from --model, each by itself and with common \
      prefixes computed once. Nominal: 2 · parameters · tokens drawn / time, over one core's peak.
      """)

  struct Table: OptionTable {
    let sync = Declared(
      "sync", help: "Compare the synchronisation strategies on the ranks of this job.")
    let transports = Declared(
      "transports", help: "Of --sync: start jobs of two ranks over several transports, and compare these.")
    let domains = Declared(
      each: Ranges.domains, default: [], otherwise: "those of the machine's memory",
      help: "Of --sync: time shared in so many domains as well.")
    let generate = Declared("generate", help: "Time the writing of names from --model.")
    let model = Declared<String?>("model", .file, help: "Of --generate: a checkpoint, or a safetensors file.")
    let names = Declared(Ranges.names, default: 100_000, help: "Of --generate: names to write.")
    let temperature = Declared(Ranges.temperature, default: 0.6, help: "Of --generate: their temperature.")
    let dModel = Declared(
      each: Ranges.dModel, default: [16, 32, 64, 128], otherwise: "16 32 64 128, and 64 at batch 128", help: "Widths.")
    let batch = Declared(Ranges.batch, default: 16, help: "Names in a batch.")
    let heads = Declared(Ranges.heads, otherwise: "as in training", help: "Attention heads.")
    let engine = EngineTable()
    let reproducible = Declared("reproducible", help: "Time reproducible steps as well.")
    let microShards = Declared(
      each: Ranges.microShards, default: [Settings.usualMicroShards],
      help: "Of --reproducible: the most micro-shards of a batch, powers of two.")
    let seconds = Declared(Ranges.seconds, default: 1.5, help: "Seconds of timed steps per case.")
    let json = Declared.json
    let progress = Declared.progress
  }

  @OptionGroup var options: CommandLineOptions<Table>

  func run(on world: Communicator) throws {
    let options = try onEveryRank(of: world) {
      let options = try self.options.values()
      try options.requireEffect()
      return options
    }
    if options.generate { return try timeGeneration(options, on: world) }
    if options.transports { return try compareTransports(options, on: world) }
    guard options.sync == (world.size > 1) else {
      throw JobFailure(
        description: options.sync
          ? "bench --sync compares strategies of several ranks: start it with mpirun -np 2 or more"
          : "bench times one core: run it without mpirun, or with -np 1; --sync times several ranks",
        isSpeaker: world.rank == 0, code: 64)
    }
    try onEveryRank(of: world) {
      if !options.reproducible, options.isGiven(\.microShards) {
        throw OptionError("micro-shards needs reproducible: another run has none")
      }
      if options.isGiven(\.domains), !options.sync {
        throw OptionError("domains needs sync: one core has no others to read of")
      }
      if let most = options.domains.max(), most > world.size {
        throw OptionError("domains \(most) needs a rank for each of them, and there are \(world.size)")
      }
      if options.reproducible, options.sync {
        throw OptionError("bench --reproducible times one core, and --sync several ranks: leave one of them out")
      }
    }
    if options.sync { return try compareStrategies(options, on: world) }
    let (found, load, file) = try onEveryRank(of: world) {
      let cases = try self.cases(options)
      let file = try Destination.json(options.json, of: world)
      let names = try ProjectFiles.names()
      try requireMemory(of: cases, names: names, over: world)
      let measurement = MeasurementReporter(
        options.progress, seconds: options.seconds * Double(cases.count), on: world)
      defer { measurement.finish() }
      measurement.begin(stage: "checking the engine")
      try validate(cases)
      let core = Core.pin()
      let benchmarks = try cases.map { try StepBenchmark($0, names: names) }
      let load = OtherLoad()
      try StepBenchmark.run(
        benchmarks, seconds: options.seconds * Double(cases.count),
        progress: measurement.part("bench, \(plural(cases.count, "case"))"))
      measurement.finish()
      try StopSignal.check()
      return (BenchFile(benchmarks, core: core), load, file)
    }
    try found.publish(load, to: file, over: world)
  }

  private func compareStrategies(_ options: OptionValues<Table>, on world: Communicator) throws {
    let (cases, names, file) = try onEveryRank(of: world) {
      let cases = try self.cases(options)
      let file = try Destination.json(options.json, of: world)
      try validate(cases)
      return (cases, try ProjectFiles.names(), file)
    }
    for what in cases { try requireMemory(of: [what], names: names, over: world) }
    try requireAgreement(options.agreement, over: world)
    let load = OtherLoad()
    let measurement = MeasurementReporter(
      options.progress, seconds: options.seconds * Double(cases.count), on: world)
    defer { measurement.finish() }
    var results: [SynchronisationBenchmark.Result] = []
    for what in cases {
      let benchmark = try SynchronisationBenchmark(what, names: names, domains: options.domains, world: world)
      try benchmark.run(seconds: options.seconds, progress: measurement.part("d-model \(what.shape.dModel)"))
      results += try benchmark.results()
      try benchmark.close()
    }
    measurement.finish()
    try SynchronisationFile(results).publish(load, to: file, over: world)
  }

  private func timeGeneration(_ options: OptionValues<Table>, on world: Communicator) throws {
    let (path, file) = try onEveryRank(of: world) {
      if let option = options.firstGiven(except: [
        "generate", "model", "names", "temperature", "seconds", "json", "progress",
      ]) {
        throw OptionError("--\(option) is of no use with --generate")
      }
      guard let path = options.model else {
        throw OptionError("bench --generate takes a model: --model FILE, a checkpoint or a safetensors file")
      }
      return (path, try Destination.json(options.json, of: world))
    }
    try requireAgreement(options.agreement, over: world)
    let model = try SharedModel(path: path, heads: nil, on: world, everywhere: true)
    let benchmark = GenerationBenchmark(
      shape: model.shape, parameters: model.parameters, names: options.names, seed: model.seed ?? 1,
      temperature: options.temperature, world: world)
    let measurement = MeasurementReporter(options.progress, seconds: options.seconds, on: world)
    defer { measurement.finish() }
    let load = OtherLoad()
    try benchmark.run(seconds: options.seconds, progress: measurement.part("names"))
    measurement.finish()
    try StopSignal.check(over: world)
    try GenerationFile(model.shape, temperature: options.temperature, benchmark.results)
      .publish(load, to: file, over: world)
  }

  func cases(_ options: OptionValues<Table>) throws -> [TimedCase] {
    // Where auto has a choice, its owner is to see both.
    try options.engine.options.contenders.flatMap { engine in
      var cases = try options.dModel.map { width in
        TimedCase(
          shape: try Shape(dModel: width, heads: options.heads), batch: options.batch, engine: engine)
      }
      if !options.isGiven(\.dModel), !options.isGiven(\.batch), !options.sync {
        cases.append(TimedCase(shape: try Shape(dModel: 64, heads: options.heads), batch: 128, engine: engine))
      }
      guard options.reproducible else { return cases }
      return cases.flatMap { what in [what] + options.microShards.map { what.reproducible(microShards: $0) } }
    }
  }

  /// Of cases that are held at the same time. With several ranks every strategy has arrays of its own, and so has one
  /// core alone.
  private func requireMemory(of cases: [TimedCase], names: NameTable, over world: Communicator) throws {
    var need = MemoryNeed()
    for what in cases {
      need = need + what.memoryNeed(names: names, ranks: 1)
      guard world.size > 1 else { continue }
      for strategy in SynchronisationStrategy.allCases where strategy != .auto {
        need = need + what.memoryNeed(names: names, ranks: world.size)
      }
    }
    let largest = cases.max { ($0.batch, $0.shape.dModel) < ($1.batch, $1.shape.dModel) }
    let what = largest.map { "batch \($0.batch) at d-model \($0.shape.dModel)" } ?? "nothing"
    try ddp_train.requireMemory(need, for: what, over: world)
  }

  private func validate(_ cases: [TimedCase]) throws {
    for kind in EngineKind.allCases {
      if let engine = cases.first(where: { $0.engine.kind == kind })?.engine { try requireCorrect(engine) }
    }
  }
}

import ArgumentParser
import DataParallel
import Dataset
import Foundation
import GPT
import MPI
import Files
import Laboratory
import Values

struct Bench: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure whole training steps: on one core as a share of its multiply-add peak, or by strategy.",
    discussion: """
      Validates the engine against the reference files, then times. Every step draws a fresh batch; batch selection, \
      prefix tree and Adam are inside. Nominal: 6 · parameters · predicted positions / time, whatever was shared; \
      effective: operations really done / time. Both as shares of the peak measured beside them.

      With --sync, under mpirun: every synchronisation strategy at batch 16, in turns with one core alone and a bare \
      all-reduce. sync and Adam from the last rank's arrival on; efficiency: one core / (ranks · step); work: rows of \
      all ranks over those of one.
      """)

  @Flag(help: "Compare the synchronisation strategies on the ranks of this job.")
  var sync = false

  @Option(parsing: .upToNextOption, help: "Widths. (default: 16 32 64 128, and 64 at batch 128)")
  var dModel: [Given] = []

  @Option(help: "Names in a batch. (default: 16)")
  var batch: Given?

  @Option(help: "Attention heads. (default: as in training)")
  var heads: Given?

  @OptionGroup var engine: EngineFlags

  @Option(help: "Seconds of timed steps per case: \(Ranges.seconds.span).")
  var seconds: Given = "1.5"

  @Option(help: ArgumentHelp("Write the results here as JSON; - is standard output.", valueName: "file"))
  var json: String?

  func run(on world: Communicator) throws {
    guard sync == (world.size > 1) else {
      throw JobFailure(
        description: sync
          ? "bench --sync compares strategies of several ranks: start it with mpirun -np 2 or more"
          : "bench times one core: run it without mpirun, or with -np 1; --sync times several ranks",
        isSpeaker: world.rank == 0, code: 64)
    }
    if sync { return try compareStrategies(on: world) }
    try onEveryRank(of: world) {
      let (cases, seconds) = (try self.cases(), try self.seconds.number(in: Ranges.seconds))
      let file = try Destination.json(json, of: world)
      let names = try ProjectFiles.names()
      try requireMemory(of: cases, names: names, over: world)
      try validate(cases)
      let core = Core.pin()
      let benchmarks = try cases.map { try StepBenchmark($0, names: names) }
      let measurement = MeasurementReporter(seconds: seconds * Double(cases.count), on: world)
      defer { measurement.finish() }
      try StepBenchmark.run(
        benchmarks, seconds: seconds * Double(cases.count),
        progress: measurement.part("bench, \(plural(cases.count, "case"))"))
      measurement.finish()
      try StopSignal.check()
      let report = BenchReport(benchmarks: benchmarks, core: core)
      print(report.table)
      try file?.write(report.json)
    }
  }

  private func compareStrategies(on world: Communicator) throws {
    let (cases, seconds, names, file) = try onEveryRank(of: world) {
      let (cases, seconds) = (try self.cases(), try self.seconds.number(in: Ranges.seconds))
      let file = try Destination.json(json, of: world)
      try validate(cases)
      return (cases, seconds, try ProjectFiles.names(), file)
    }
    for what in cases { try requireMemory(of: [what], names: names, over: world) }
    try requireAgreement(
      [("the cases", "\(cases.map { "\($0)" })"), ("seconds", "\(seconds)")], over: world)
    let measurement = MeasurementReporter(seconds: seconds * Double(cases.count), on: world)
    defer { measurement.finish() }
    var results: [SynchronisationBenchmark.Result] = []
    for what in cases {
      let benchmark = try SynchronisationBenchmark(what, names: names, world: world)
      try benchmark.run(seconds: seconds, progress: measurement.part("d-model \(what.shape.dModel)"))
      results += try benchmark.results()
      try benchmark.close()
    }
    measurement.finish()
    let report = SynchronisationReport(results: results)
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      print(report.table)
      try file?.write(report.json)
    }
  }

  private func cases() throws -> [TimedCase] {
    let chosen = try self.engine.resolve()
    // Where auto has a choice, its owner is to see both.
    let kinds: [EngineKind] = chosen.kind == .auto && EngineKind.sme2.isAvailable ? [.simd, .sme2] : [chosen.kind]
    return try kinds.flatMap { kind in
      var engine = chosen
      engine.kind = kind
      return try cases(engine)
    }
  }

  private func cases(_ engine: EngineOptions) throws -> [TimedCase] {
    let widths = dModel.isEmpty ? [16, 32, 64, 128] : try dModel.numbers(in: Ranges.dModel)
    let heads = try self.heads?.number(in: Ranges.heads)
    let names = try batch?.number(in: Ranges.batch) ?? 16
    var cases = try widths.map { width in
      TimedCase(
        shape: try Shape(dModel: width, heads: heads ?? Shape.defaultHeads(dModel: width)), batch: names,
        engine: engine)
    }
    if dModel.isEmpty, batch == nil, !sync {
      cases.append(TimedCase(shape: try Shape(dModel: 64, heads: heads ?? 4), batch: 128, engine: engine))
    }
    return cases
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

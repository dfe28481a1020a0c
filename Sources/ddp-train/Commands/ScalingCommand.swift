import ArgumentParser
import DataParallel
import Doctor
import Files
import Foundation
import GPT
import Laboratory
import MPI
import Options
import Schemas
import Topology
import Values

struct ScalingCommand: JobCommand {
  static let configuration = CommandConfiguration(
    commandName: "scaling",
    abstract: "Compare 1, 2, 4, … N ranks with one core: time, efficiency and where it goes.",
    discussion: """
      Start it with mpirun -np N. Every round measures one core without MPI first, the other ranks asleep, and then \
      each number of ranks in the same job, under each strategy. Strong scaling keeps the global batch, weak scaling \
      keeps each rank's. One core always has the same global batch as the ranks it is compared with. \
      docs/scaling.md explains the columns.
      """)

  struct Table: OptionTable {
    let dModel = Declared(each: Ranges.dModel, default: [16, 32, 64, 128], help: "Widths.")
    let batch = Declared(each: Ranges.batch, default: [16], help: "Names in a batch; per rank in weak scaling.")
    let heads = Declared(Ranges.heads, otherwise: "as in training", help: "Attention heads.")
    let sync = Declared(each: "sync", default: [SynchronisationStrategy.allreduce, .auto], help: "Strategies.")
    let mode = Declared(each: "mode", default: ScalingMode.allCases, help: "Kinds of scaling.")
    let ranks = Declared(
      each: Ranges.ranks, default: [], otherwise: "1 2 4 … N", help: "Numbers of ranks, each at most N.")
    let engine = EngineTable()
    let seconds = Declared(Ranges.seconds, default: 15, help: "Seconds of rounds per width.")
    let watts = Declared.watts
    let json = Declared.json
    let csv = Declared<String?>("csv", .file, help: "Write the results here as CSV; - is standard output.")
    let report = Declared<String?>(
      "report", .folder, help: "Write a page with figures into this folder; takes gnuplot.")
    let progress = Declared.progress
  }

  @OptionGroup var options: CommandLineOptions<Table>

  func run(on world: Communicator) throws {
    let (options, (plans, names, output)) = try options.agreed(on: world) { options in
      let plans = try self.plans(options, ranks: world.size)
      try requireCorrect(plans[0].engine)
      return (plans, try ProjectFiles.names(), world.rank == 0 ? try Output(options) : nil)
    }
    for plan in plans {
      try requireMemory(
        plan.memoryNeed(names: names), for: "batch \(plan.batches.max() ?? 1) at d-model \(plan.shape.dModel)",
        over: world)
    }
    let pricing = world.size > 1 ? min(options.seconds, 1) : 0
    let measurement = MeasurementReporter(
      options.progress, seconds: (options.seconds + pricing) * Double(plans.count), on: world)
    defer { measurement.finish() }
    measurement.begin(stage: "looking at the machine")
    let warnings = try Examination(of: world, binder: ProjectFiles.binder).warnings
    if world.rank == 0 { for line in findingLines(warnings) { writeToStandardError(line + "\n") } }
    var report = ScalingReport()
    report.machine = try .current(of: world)
    report.machine.warnings = warnings.map { "\($0.check): \($0.what)" }
    let energy = Set(report.machine.hosts).count == 1 && world.rank == 0 ? EnergyCounter() : nil
    (report.machine.energySource, report.machine.assumedWatts) = (energy?.source, energy == nil ? options.watts : nil)
    var peaks: [Double] = []
    for plan in plans {
      let experiment = try ScalingExperiment(plan, names: names, energy: energy.map { $0.joules }, world: world)
      try experiment.run(seconds: options.seconds, progress: measurement.part("d-model \(plan.shape.dModel)"))
      let found = try experiment.results()
      try experiment.close()
      report.results += found.results
      report.late += found.late
      peaks += found.peaks
      report.machine.warnings += experiment.notices.filter { !report.machine.warnings.contains($0) }
    }
    report.cost = ScalingCost.all(report.results)
    try forecast(&report, plans, names, seconds: pricing, measurement, over: world)
    measurement.finish()
    report.machine.setPeak(Sample(peaks))
    try onEveryRank(of: world) {
      guard let output else { return }
      print(ScalingTables.text(report))
      try output.write(report)
    }
  }

  /// Adds predictions on rank 0. Collective.
  private func forecast(
    _ report: inout ScalingReport, _ plans: [ScalingExperiment.Plan], _ names: NameTable, seconds: Double,
    _ measurement: MeasurementReporter, over world: Communicator
  ) throws {
    guard world.size > 1 else { return }
    let host = try HostGroup(world)
    try world.rest { isStopped in
      guard world.rank == 0 else { return }
      var compute: [Int: ComputePrices] = [:]
      for plan in plans {
        compute[plan.shape.dModel] = try .measure(
          shape: plan.shape, batch: plan.batches.max() ?? 1, engine: plan.engine, names: names,
          seconds: seconds, isStopped: isStopped,
          progress: measurement.part("one core, d-model \(plan.shape.dModel)"))
      }
      guard try !isStopped() else { return }
      let place = Placement(
        ranksPerHost: host.hostCount > 1 ? host.communicator.size : max(world.size, allowedCPUs().count))
      report.predictions = Forecast(engine: plans[0].engine, place: place, names: names).predictions(
        report.results, compute: compute, upTo: 1_000_000)
      report.assumptions =
        Prices.assumptions(place: place, nodes: host.hostCount, measured: true)
        + [report.predictions.assumptionOfMoreNames(than: names.count)].compactMap { $0 }
    }
    try StopSignal.check(over: world)
  }

  private func plans(_ options: OptionValues<Table>, ranks most: Int) throws -> [ScalingExperiment.Plan] {
    // Those of this job, whatever the option takes elsewhere.
    let ranks = OptionRange("ranks", 1...most, note: "this job has \(plural(most, "rank"))")
    try options.require(\.ranks, in: ranks)
    let counts = options.ranks.isEmpty ? ScalingExperiment.rankCounts(upTo: most) : Set(options.ranks).sorted()
    // Weak scaling has this many on each rank.
    let mostNames = Ranges.batch.range.upperBound / (options.mode == [.strong] ? 1 : counts.last ?? 1)
    let names = OptionRange("batch", 1...max(mostNames, 1), unit: "names")
    try options.require(\.batch, in: names)
    let engine = try options.engine.options
    return try options.dModel.map { width in
      ScalingExperiment.Plan(
        shape: try Shape(dModel: width, heads: options.heads), batches: options.batch, modes: options.mode,
        strategies: options.sync, engine: engine, ranks: counts)
    }
  }

  /// Where results go besides the screen. Found wrong before anything is measured, not after.
  private struct Output {
    private let json, csv: Destination?
    private let folder: DestinationFolder?
    private let gnuplot: Gnuplot?

    init(_ options: OptionValues<Table>) throws {
      gnuplot = try options.report.map { _ in try Gnuplot.require() }
      json = try options.json.map { try Destination("--json", $0) }
      csv = try options.csv.map { try Destination("--csv", $0) }
      folder = try options.report.map { try ScalingPage.folder("--report", $0, waiting: .ofProgram) }
      try requireDistinct(
        [json, csv].compactMap { $0 } + (folder?.files ?? []), inputs: ProjectFiles.inputs())
    }

    func write(_ report: ScalingReport) throws {
      try json?.write(SchemaJSON.encode(report))
      try csv?.write(CSV.encode(report.results))
      if let folder, let gnuplot {
        try endingOnStop { try ScalingPage.write(report, to: folder, gnuplot: gnuplot) }
        print("\n\(folder.path)/index.html")
      }
    }
  }
}

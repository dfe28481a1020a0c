import Schemas
import ArgumentParser
import DataParallel
import Doctor
import Foundation
import GPT
import MPI
import Files
import Laboratory
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

  @Option(parsing: .upToNextOption, help: "Widths. (default: 16 32 64 128)")
  var dModel: [Given] = []

  @Option(parsing: .upToNextOption, help: "Names in a batch; per rank in weak scaling. (default: 16)")
  var batch: [Given] = []

  @Option(help: "Attention heads. (default: as in training)")
  var heads: Given?

  @Option(parsing: .upToNextOption, help: "Strategies. (default: allreduce auto)")
  var sync: [SynchronisationStrategy] = []

  @Option(parsing: .upToNextOption, help: "strong, weak. (default: both)")
  var mode: [ScalingMode] = []

  @Option(parsing: .upToNextOption, help: "Numbers of ranks, each at most N. (default: 1 2 4 … N)")
  var ranks: [Given] = []

  @OptionGroup var engine: EngineFlags

  @Option(help: "Seconds of rounds per width: \(Ranges.seconds.span).")
  var seconds: Given = "15"

  @Option(help: ArgumentHelp("Write the results here as JSON; - is standard output.", valueName: "file"))
  var json: String?

  @Option(help: ArgumentHelp("Write the results here as CSV; - is standard output.", valueName: "file"))
  var csv: String?

  @Option(help: ArgumentHelp("Write a page with figures into this folder; takes gnuplot.", valueName: "folder"))
  var report: String?

  func run(on world: Communicator) throws {
    let (plans, seconds, names, output) = try onEveryRank(of: world) {
      let plans = try self.plans(ranks: world.size)
      let seconds = try self.seconds.number(in: Ranges.seconds)
      try requireCorrect(plans[0].engine)
      return (plans, seconds, try ProjectFiles.names(), world.rank == 0 ? try Output(self) : nil)
    }
    try requireAgreement([("the cases", "\(plans)"), ("seconds", "\(seconds)")], over: world)
    for plan in plans {
      try requireMemory(
        plan.memoryNeed(names: names), for: "batch \(plan.batches.max() ?? 1) at d-model \(plan.shape.dModel)",
        over: world)
    }
    let warnings = try Examination(of: world, binder: ProjectFiles.path("launch/on-own-core")).warnings
    if world.rank == 0 { for line in findingLines(warnings) { writeToStandardError(line + "\n") } }
    var report = ScalingReport(machine: try .current(of: world), results: [], cost: [])
    report.machine.warnings = warnings.map { "\($0.check): \($0.what)" }
    var peaks: [Double] = []
    let pricing = world.size > 1 ? min(seconds, 1) : 0
    let measurement = MeasurementReporter(seconds: (seconds + pricing) * Double(plans.count), on: world)
    defer { measurement.finish() }
    for plan in plans {
      let experiment = try ScalingExperiment(plan, names: names, world: world)
      try experiment.run(seconds: seconds, progress: measurement.part("d-model \(plan.shape.dModel)"))
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
    let node = try NodeGroup(world)
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
        ranksPerNode: node.nodes > 1 ? node.communicator.size : max(world.size, allowedCPUs().count))
      report.predictions = Forecast(engine: plans[0].engine, place: place, names: names).predictions(
        report.results, compute: compute, upTo: 1_000_000)
      report.assumptions = PredictionReport.assumptions(place: place, nodes: node.nodes, measured: true)
    }
    try StopSignal.check(over: world)
  }

  private func plans(ranks most: Int) throws -> [ScalingExperiment.Plan] {
    // Those of this job, whatever the option takes elsewhere.
    let ranks = try self.ranks.numbers(in: OptionRange("ranks", 1...most, note: "this job has \(plural(most, "rank"))"))
    let counts = ranks.isEmpty ? ScalingExperiment.rankCounts(upTo: most) : Set(ranks).sorted()
    let engine = try self.engine.resolve()
    let heads = try self.heads?.number(in: Ranges.heads)
    let widths = dModel.isEmpty ? [16, 32, 64, 128] : try dModel.numbers(in: Ranges.dModel)
    // Weak scaling has this many on each rank.
    let mostNames = Ranges.batch.range.upperBound / (mode == [.strong] ? 1 : counts.last ?? 1)
    let batch = try self.batch.numbers(in: OptionRange("batch", 1...max(mostNames, 1), unit: "names"))
    return try widths.map { width in
      ScalingExperiment.Plan(
        shape: try Shape(dModel: width, heads: heads ?? Shape.defaultHeads(dModel: width)),
        batches: batch.isEmpty ? [16] : batch, modes: mode.isEmpty ? ScalingMode.allCases : mode,
        strategies: sync.isEmpty ? [.allreduce, .auto] : sync, engine: engine, ranks: counts)
    }
  }

  /// Where results go besides the screen. Found wrong before anything is measured, not after.
  private struct Output {
    private let json, csv: Destination?
    private let folder: DestinationFolder?
    private let gnuplot: Gnuplot?

    init(_ options: ScalingCommand) throws {
      gnuplot = try options.report.map { _ in try Gnuplot.require() }
      json = try options.json.map { try Destination("--json", $0) }
      csv = try options.csv.map { try Destination("--csv", $0) }
      folder = try options.report.map { try ScalingPage.folder("--report", $0, waiting: .ofProgram) }
      try requireDistinct(
        [json, csv].compactMap { $0 } + (folder?.files ?? []), inputs: ProjectFiles.inputs())
    }

    func write(_ report: ScalingReport) throws {
      try json?.write(ScalingJSON.encode(report))
      try csv?.write(ScalingCSV.encode(report))
      if let folder, let gnuplot {
        try endingOnStop { try ScalingPage.write(report, to: folder, gnuplot: gnuplot) }
        print("\n\(folder.path)/index.html")
      }
    }
  }
}

extension ScalingMode: ExpressibleByArgument {}

import ArgumentParser
import CSIMD
import DataParallel
import Doctor
import Foundation
import GPT
import MPI
import RegularFiles
import Reports
import Scaling

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
  var dModel: [Int] = []

  @Option(parsing: .upToNextOption, help: "Names in a batch; per rank in weak scaling. (default: 16)")
  var batch: [Int] = []

  @Option(help: "Attention heads. (default: as in training)")
  var heads: Int?

  @Option(parsing: .upToNextOption, help: "Strategies. (default: allreduce auto)")
  var sync: [SynchronisationStrategy] = []

  @Option(parsing: .upToNextOption, help: "strong, weak. (default: both)")
  var mode: [ScalingMode] = []

  @Option(parsing: .upToNextOption, help: "Numbers of ranks, each at most N. (default: 1 2 4 … N)")
  var ranks: [Int] = []

  @OptionGroup var engine: EngineFlags

  @Option(help: "Seconds of rounds per width.")
  var seconds = 15.0

  @Option(help: ArgumentHelp("Write the results here as JSON.", valueName: "file"))
  var json: String?

  @Option(help: ArgumentHelp("Write the results here as CSV.", valueName: "file"))
  var csv: String?

  @Option(help: ArgumentHelp("Write a page with figures into this folder; takes gnuplot.", valueName: "folder"))
  var report: String?

  /// Fewer rounds say nothing about their spread.
  private static let fewestRounds = 8

  func run(on world: Communicator) throws {
    let (plans, names, output) = try onEveryRank(of: world) {
      let plans = try self.plans(ranks: world.size)
      try requireCorrect(plans[0].engine)
      return (plans, try ProjectFiles.names(), world.rank == 0 ? try Output(self) : nil)
    }
    try requireAgreement([("the cases", "\(plans)"), ("seconds", "\(seconds)")], over: world)
    let warnings = try Examination(of: world, binder: ProjectFiles.path("launch/on-own-core")).warnings
    if world.rank == 0 { for line in findingLines(warnings) { writeToStandardError(line + "\n") } }
    var report = ScalingReport(machine: try .current(of: world), results: [], cost: [])
    report.machine.warnings = warnings.map { "\($0.check): \($0.what)" }
    var peaks: [Double] = []
    for plan in plans {
      let experiment = try ScalingExperiment(plan, names: names, world: world)
      try measure(experiment, over: world)
      let found = try experiment.results()
      try experiment.close()
      report.results += found.results
      report.late += found.late
      peaks += found.peaks
      report.machine.warnings += experiment.notices.filter { !report.machine.warnings.contains($0) }
    }
    report.cost = ScalingCost.all(report.results)
    try forecast(&report, plans, names, over: world)
    report.machine.setPeak(Sample(peaks))
    try onEveryRank(of: world) {
      guard let output else { return }
      print(ScalingTables.text(report))
      try output.write(report)
    }
  }

  /// Adds predictions on rank 0. Collective.
  private func forecast(
    _ report: inout ScalingReport, _ plans: [ScalingExperiment.Plan], _ names: NameTable, over world: Communicator
  ) throws {
    guard world.size > 1 else { return }
    let node = try NodeGroup(world)
    if world.rank == 0 {
      var compute: [Int: ComputePrices] = [:]
      for plan in plans {
        compute[plan.shape.dModel] = try .measure(
          shape: plan.shape, batch: plan.batches.max() ?? 1, engine: plan.engine, names: names, seconds: min(seconds, 1)
        )
      }
      let place = Placement(
        ranksPerNode: node.nodes > 1 ? node.communicator.size : max(world.size, allowedCPUs().count))
      report.predictions = Forecast(engine: plans[0].engine, place: place, names: names).predictions(
        report.results, compute: compute, upTo: 1_000_000)
      report.assumptions = PredictionReport.assumptions(place: place, nodes: node.nodes, measured: true)
    }
    try world.rest()
  }

  private func measure(_ experiment: ScalingExperiment, over world: Communicator) throws {
    let start = csimd_nanoseconds()
    var rounds = 0
    var goesOn = true
    while goesOn {
      try experiment.runRound()
      rounds += 1
      let isOver = Double(csimd_nanoseconds() - start) > seconds * 1e9 && rounds >= Self.fewestRounds
      goesOn = try world.broadcast(isOver ? 0 : 1, root: 0) == 1
    }
  }

  private func plans(ranks most: Int) throws -> [ScalingExperiment.Plan] {
    if let wrong = ranks.first(where: { $0 < 1 || $0 > most }) {
      throw OptionError("--ranks \(wrong): this job has 1 to \(plural(most, "rank"))")
    }
    let counts = ranks.isEmpty ? ScalingExperiment.rankCounts(upTo: most) : Set(ranks).sorted()
    let engine = try self.engine.resolve()
    guard seconds.isFinite, seconds > 0 else { throw OptionError("--seconds \(seconds) is not a positive number") }
    return try (dModel.isEmpty ? [16, 32, 64, 128] : dModel).map { width in
      ScalingExperiment.Plan(
        shape: try Shape(dModel: width, heads: heads ?? Shape.defaultHeads(dModel: width)),
        batches: batch.isEmpty ? [16] : batch, modes: mode.isEmpty ? ScalingMode.allCases : mode,
        strategies: sync.isEmpty ? [.allreduce, .auto] : sync, engine: engine, ranks: counts)
    }
  }

  /// Where results go besides the screen. Found wrong before anything is measured, not after.
  private struct Output {
    private let json, csv: ResultFile?
    private let folder: String?
    private let gnuplot: Gnuplot?

    init(_ options: ScalingCommand) throws {
      folder = options.report
      gnuplot = try folder.map { _ in try Gnuplot.require() }
      json = try options.json.map { try ResultFile("--json", $0) }
      csv = try options.csv.map { try ResultFile("--csv", $0) }
      if let folder {
        do {
          try makeFolder(path: folder)
        } catch {
          throw OptionError("--report \(folder): \(error)")
        }
        _ = try ResultFile("--report", folder + "/index.html")
      }
    }

    func write(_ report: ScalingReport) throws {
      try json?.write(ScalingJSON.encode(report))
      try csv?.write(ScalingCSV.encode(report))
      if let folder, let gnuplot {
        try ScalingPage.write(report, to: folder, gnuplot: gnuplot)
        print("\n\(folder)/index.html")
      }
    }
  }
}

extension ScalingMode: ExpressibleByArgument {}

import ArgumentParser
import CSIMD
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

struct RaceCommand: JobCommand {
  static let configuration = CommandConfiguration(
    commandName: "race",
    abstract: "Find the fastest way to a loss: on one core, and on the ranks of this job.",
    discussion: """
      Looks for the shortest schedule that reaches the target at each batch, times a step of each on 1, 2, 4, … N ranks, \
      and runs the best for real, in turns with one reference run and with seeds that the search did not use. Then: is \
      one training on all ranks faster, or one on each? Which batch, and how many ranks, are worth it? \
      docs/loss-against-time.md explains the method and shows what came of it.

        mpirun -np 2 ddp-train race --target 2.0
        ddp-train race --target 2.05 --judge held-out --from seed.jsonl
      """)

  struct Table: OptionTable {
    let target = Declared(Ranges.loss, otherwise: "2.0; 2.05 held out", help: "The loss to fall below.")
    let judge = Declared(
      "judge", default: Goal.Judge.training, help: "The loss that counts: training, the mean of the last 100 steps.")
    let from = Declared<String?>(
      "from", .file, help: "Take the configurations from this results file of sweep, without a search.")
    let dModel = Declared(each: Ranges.dModel, default: [32], help: "Widths of the search.")
    let batch = Declared(
      each: Ranges.batch, default: Rehearsal.isOn ? [16, 64] : [16, 32, 64, 96, 128, 192, 256, 384, 512],
      help: "Batches of the search.")
    let schedule = Declared("schedule", default: LearningRateSchedule.cosine, help: "How the rate falls.")
    let syncEvery = Declared(
      each: Ranges.roundSteps, default: [], otherwise: "none",
      help: "Also race groups of ranks that take so many steps by themselves between two exchanges.")
    let groups = Declared(
      "groups", default: RankGrouping.host, as: "groups",
      help: "With --sync-every: which ranks are a group: those of a host, each rank, or so many groups of neighbours.")
    let budget = Declared(
      "budget", TimeSpan.self, otherwise: "1s", as: "seconds",
      help: "Time of the table of best losses by width.")
    let noBudget = Declared("no-table", help: "Leave that table out.")
    let ranksPerHost = Declared(
      Ranges.ranksPerHost, default: 64, help: "Ranks on a host of the predicted times on many ranks.")
    let outer = Declared(
      "outer", default: OuterKind.average,
      help: "With --sync-every: what becomes of the groups' parameters, as of train.")
    let outerRate = Declared(
      Ranges.outerRate, default: OuterUpdate.usualRate, help: "With --outer nesterov: the rate of that step.")
    let outerMomentum = Declared(
      Ranges.outerMomentum, default: OuterUpdate.usualMomentum, help: "With --outer nesterov: its momentum.")
    let syncOverlap = Declared(
      "sync-overlap", help: "With --sync-every: let an exchange run while the next steps are taken.")
    let engine = EngineTable()
    let limit = Declared(
      "limit", TimeSpan.self, otherwise: "none", as: "seconds",
      help: "Begin nothing new after this time; what is left out is said to be.")
    let json = Declared.json
    let report = Declared<String?>(
      "report", .folder, help: "Write a page with figures into this folder; takes gnuplot.")
    let progress = Declared.progress
  }

  @OptionGroup var options: CommandLineOptions<Table>

  func run(on world: Communicator) throws {
    let start = csimd_nanoseconds()
    let (options, (racePlan, names, output, page)) = try self.options.agreed(on: world) { options in
      try options.requireEffect()
      guard let path = ProjectFiles.path("data/names.txt") else {
        throw CommandFailure("data/names.txt is not to be found")
      }
      return (
        try self.plan(options), try NameSet(path: path), try Destination.json(options.json, of: world),
        world.rank == 0 ? try self.page(options) : nil
      )
    }
    let (split, engine) = try onEveryRank(of: world) { (try names.split(), try options.engine.options) }
    try requireAgreement([("data set", names.hash)] + Trainer.machineFields, over: world)
    var data = TrialData(
      training: split.training.table, heldOut: split.evaluation?.table ?? NameTable([]), hash: names.hash,
      engine: engine, version: packageVersion)
    (data.grouping, data.outer) = (
      options.groups, options.outer.update(rate: options.outerRate, momentum: options.outerMomentum)
    )
    data.overlaps = options.syncOverlap
    for (shape, batch) in racePlan.largest {
      guard batch <= data.training.count else {
        throw JobFailure(
          description: "batch \(batch) is more than the \(grouped(data.training.count)) names that train",
          isSpeaker: world.rank == 0, code: 64)
      }
      let need = MemoryNeed(
        shape: shape, batch: batch, engine: engine, names: data.training, ranks: 1, measuresNoise: true)
      try requireMemory(need, for: "batch \(batch) at d-model \(shape.dModel)", over: world)
    }
    var machine = SweepMachine(try .current(of: world))
    (machine.engine, machine.dataHash) = (options.engine.kind.rawValue, names.hash)
    let display = ProgressDisplay(options.progress, on: world)
    defer { display.finish() }
    let reporter = RaceReporter(display, limit: options.limit?.seconds)
    let race = try Race(racePlan, data: data, world: world) { reporter.show($0) }
    var file = try race.run()
    display.finish()
    (file.machine, file.wallSeconds) = (machine, Double(csimd_nanoseconds() - start) * 1e-9)
    try onEveryRank(of: world) {
      if world.rank == 0 {
        print(file.text)
        try output?.write(SchemaJSON.encode(file))
        if let page {
          try endingOnStop { try RacePage.write(file, to: page.folder, gnuplot: page.gnuplot) }
          print("\n\(page.folder.path)/index.html")
        }
      }
      // All ranks know: no single one of them is to blame.
      if let nearest = file.missedBy {
        throw CommandFailure("nothing reached a \(file.loss) loss below \(significant(file.target)): \(nearest)")
      }
    }
  }

  private func page(_ options: OptionValues<Table>) throws -> (folder: DestinationFolder, gnuplot: Gnuplot)? {
    guard let path = options.report else { return nil }
    let folder = try RacePage.folder("--report", path, waiting: .ofProgram)
    try requireDistinct(folder.files, inputs: ProjectFiles.inputs())
    return (folder, try Gnuplot.require())
  }

  private func plan(_ options: OptionValues<Table>) throws -> Race.Plan {
    let goal = Goal(
      target: options.target ?? (options.judge == .training ? 2.0 : 2.05), judge: options.judge)
    let shapes = try options.dModel.map { try Shape(dModel: $0, heads: nil) }
    var plan = Race.Plan(goal, shapes: shapes, batches: options.batch, ranksPerHost: options.ranksPerHost)
    (plan.schedule, plan.syncEvery) = (options.schedule, options.syncEvery)
    plan.seconds = options.limit?.seconds
    plan.budget = options.noBudget ? nil : options.budget?.seconds ?? 1
    if let named = options.from {
      let path = FileManager.default.fileExists(atPath: named) ? named : ProjectFiles.path(named) ?? named
      plan.candidates = try ResultsFile.read(path).fastest(to: goal, most: 8)
      guard !plan.candidates.isEmpty else {
        throw CommandFailure(
          "--from \(path): no trial there has a \(goal.judge.rawValue) loss below \(significant(goal.target))")
      }
    }
    return plan
  }
}

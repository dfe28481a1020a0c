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

struct SweepCommand: JobCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Train many settings, each on one rank, and show which loss each reaches in which time.",
    discussion: """
      The grid is every combination of the values given; --random takes some at random. Under mpirun each rank trains \
      another trial, the longest first. A trial's result depends on its settings and its seed alone: the table is the \
      same on any number of ranks, times excepted. A tenth of the names is held out of all trials, and its exact loss \
      decides which is best. docs/loss-against-time.md explains the method and shows what came of it.

        ddp-train sweep --d-model 16 32 --batch 16 64 --learning-rate 0.004 0.008 --budget 0.5s
        mpirun -np 2 ddp-train sweep --config seed --results seed.jsonl --target 2.0
      """)

  @OptionGroup var options: CommandLineOptions<SweepOptions>

  func run(on world: Communicator) throws {
    let start = csimd_nanoseconds()
    let (options, (planned, source, outputs)) = try self.options.agreed(on: world) {
      try self.options.text(\.config).map {
        try ProjectFiles.options(named: $0, in: "configs/sweeps", for: SweepOptions())
      }
    } _: { options in
      guard world.size % options.ranksPerTrial == 0 else {
        throw OptionError("--ranks-per-trial \(options.ranksPerTrial) does not divide \(plural(world.size, "rank"))")
      }
      try options.requireEffect()
      let planned = try options.trials()
      guard let path = options.data ?? ProjectFiles.path("data/names.txt") else {
        throw CommandFailure("data/names.txt is not to be found; name a file with --data")
      }
      let source = NameSource(path)
      return (planned, source, world.rank == 0 ? try SweepOutputs(options, names: source.file) : nil)
    }
    let names = try source.readEverywhere(waiting: .ofProgram, over: world)
    let heartbeat = options.heartbeat.map { Heartbeat(everySeconds: $0, world: world) }
    let data = try trialData(options, names, on: world)
    var machine = SweepMachine(try .current(of: world))
    (machine.engine, machine.dataHash) = (options.engine.kind.rawValue, names.hash)
    let earlier = try onEveryRank(of: world) { try outputs?.begin(SweepHeader { $0.machine = machine }) }
    var calibration = try self.calibration(earlier, outputs, on: world)
    let sweep = try Sweep(data, ranksPerTrial: options.ranksPerTrial, world: world)
    let display = ProgressDisplay(options.progress, isWatched: options.heartbeat != nil, on: world)
    defer { display.finish() }
    display.begin(stage: "measuring step times for --budget")
    for record in try sweep.calibrate(&calibration, for: planned) { outputs?.results?.append(record) }
    let trials = try onEveryRank(of: world) {
      let trials = planned.map { $0.trial(calibration) }
      for trial in trials { _ = try trial.settings(engine: data.engine) }
      return trials
    }
    let table = try SweepTable(trials, earlier: earlier?.byTrial ?? [:])
    let queue = world.rank == 0 ? self.queue(options, table, calibration) : nil
    let before = try world.broadcast(earlier?.steps ?? 0)
    Whereabouts.leave(steps: before)
    if world.rank == 0 { LifeSigns.begin(ranks: world.size, step: before) }
    heartbeat?.beat()
    let ranksOnHost = try HostGroup(world).communicator.size
    display.begin(stage: "training \(plural(table.missing.count, "trial"))")
    let progress = SweepProgress(display)
    try sweep.run(queue, limit: options.trialLimit?.seconds) { trial in
      let need = MemoryNeed(
        shape: trial.shape, batch: trial.batch, engine: data.engine, names: data.training,
        ranks: options.ranksPerTrial, microShards: options.reproducible ? Settings.usualMicroShards : nil)
      return memoryObstacle(to: need, ranksOnHost: ranksOnHost)
    } onRecord: { record in
      outputs?.results?.append(record)
      table.add(record, isFinal: options.halving == nil)
      progress.show(record, doneShare: queue?.doneShare ?? 0)
    }
    display.finish()
    let wall = Double(csimd_nanoseconds() - start) * 1e-9
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      var file = table.file(ranks: world.size, ranksPerTrial: options.ranksPerTrial, wallSeconds: wall)
      (file.machine, file.target, file.calibration) = (machine, options.target, calibration.records)
      file.handOutMs = sweep.waits.isEmpty ? nil : HandOutWait(sweep.waits)
      if options.ranksPerTrial > 1, !options.reproducible {
        writeToStandardError(
          "ddp-train: \(options.ranksPerTrial) ranks train a trial together: other numbers of ranks come to slightly "
            + "other losses; --reproducible gives the same\n")
      }
      print(file.text)
      try outputs?.end(file)
    }
  }

  /// The names of all trials.
  private func trialData(
    _ options: OptionValues<SweepOptions>, _ names: NameSet, on world: Communicator
  ) throws -> TrialData {
    let (split, engine) = try onEveryRank(of: world) { (try names.split(), try options.engine.options) }
    try requireAgreement(
      [("data set", names.hash)] + (options.reproducible ? [] : Trainer.machineFields), over: world)
    var data = TrialData(
      training: split.training.table, heldOut: split.evaluation?.table ?? NameTable([]), hash: names.hash,
      engine: engine, version: packageVersion)
    data.reproducible = options.reproducible
    return data
  }

  /// What rank 0 has read, on all ranks.
  private func calibration(
    _ earlier: SweepRecords?, _ outputs: SweepOutputs?, on world: Communicator
  ) throws -> Calibration {
    let records = (earlier?.calibration ?? []) + (outputs?.calibration ?? [])
    let bytes = try world.broadcast([UInt8](try JSONEncoder().encode(records)))
    return try Calibration(try JSONDecoder().decode([CalibrationRecord].self, from: Data(bytes)))
  }

  private func queue(
    _ options: OptionValues<SweepOptions>, _ table: SweepTable, _ calibration: Calibration
  ) -> any TrialQueue {
    guard let keep = options.halving else { return FullQueue(table.missing, calibration) }
    return HalvingQueue(
      table.trials, HalvingScheme(keep: keep), calibration, recorded: table.earlier,
      onRung: { record, trial in table.set(record, for: trial) })
  }
}

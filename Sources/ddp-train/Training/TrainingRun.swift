import DataParallel
import Foundation
import Logging
import MPI
import Options
import Values

/// One training run from options to names, stage after stage. Every stage is collective, and takes and gives values.
struct TrainingRun {
  let world: Communicator
  let plan: RunPlan
  /// Nil for parameters that the seed draws.
  let initial: InitialModel?
  /// What `generate --json` names.
  let namesJSON: String?
  /// One per rank.
  let hosts: [String]
  let report: TrainingWords
  let logger: Logger
  let display: ProgressDisplay
  /// Whether names are all that is printed.
  let isNamesAlone: Bool
  let heartbeat: Heartbeat?
  /// Nil for one rank alone.
  let host: HostGroup?
  var speaks: Bool { world.rank == 0 }

  /// The ranks agree on what the options say.
  ///
  /// - Parameters:
  ///   - isNamesAlone: whether names are all that is to be printed.
  ///   - namesJSON: what `generate --json` names.
  /// - Throws: `JobFailure` where the options make no sense on any rank.
  init(
    _ options: CommandLineOptions<TrainingOptions>, isNamesAlone: Bool = false, namesJSON: String? = nil,
    world: Communicator
  ) throws {
    (self.world, self.namesJSON, self.isNamesAlone) = (world, namesJSON, isNamesAlone)
    let given = try onEveryRank(of: world) { try RunPlan.given(options).options }
    let kept = try KeptRun.broadcast(world.rank == 0 ? KeptRun(given) : nil, over: world)
    let heads = given.isGiven(\.heads) ? given.heads : nil
    let initial = try InitialModel(path: given.initFrom, heads: heads, on: world)
    let plan = try onEveryRank(of: world) {
      try RunPlan(options, kept: kept, initial: initial, ranks: world.size)
    }
    // Before anything is read: ranks that took different paths from here would wait for each other for ever.
    try requireAgreement(plan.options.agreement, over: world)
    (self.plan, self.initial) = (plan, initial)
    heartbeat = plan.heartbeat.map { Heartbeat(everySeconds: $0, world: world) }
    host = world.size > 1 ? try HostGroup(world) : nil
    hosts = try world.allGather(Environment.processorName)
    report = TrainingWords(plan: plan, hosts: hosts)
    logger = RankLogHandler.logger(rank: world.rank)
    display = ProgressDisplay(plan.progress, isQuiet: plan.quiet, isWatched: plan.heartbeat != nil, on: world)
  }

  func run() throws {
    defer { display.finish() }
    display.begin(stage: "reading names")
    let names = try readNames()
    let checkpoints = try openCheckpoints(of: names)
    // Its thread is to end what it has begun, and the folder to be free again, also where training fails.
    defer { _ = checkpoints?.keeper?.finish() }
    // After the folder of checkpoints is there, in which they may lie.
    let records = try openRecords()
    if speaks { warn(about: names) }
    let settings = try choosingStrategy(for: names, stored: checkpoints?.choice)
    display.begin(stage: "setting up the model")
    let trainer = try Trainer(
      settings: settings, names: names.training, dataHash: names.hash, version: packageVersion, host: host,
      world: world)
    if let resumed = checkpoints?.resumed {
      try trainer.resume(resumed, model: checkpoints?.keeper?.arrays)
    } else if let initial {
      try trainer.begin(with: initial.parameters)
    }
    try beginChain(checkpoints, with: trainer.state)
    announce(trainer, names, checkpoints)
    // Not before: what goes wrong until here costs no earlier run's records.
    try begin(records.metrics, after: checkpoints?.resumed)
    let energy = saysCost ? EnergyWatch(host: host) : nil
    let trained = try train(trainer, records, checkpoints, names)
    let cost = try RunCost(trained, energy: energy?.finish(over: world), watts: plan.watts, ranks: world.size)
    let unwritten = checkpoints?.keeper?.finish()
    let summary = try evaluated(trained, by: trainer, on: names, records.metrics)
    let incomplete = try conclude(summary, cost, trainer, records, names, checkpoints?.keeper?.chain)
    try records.trace?.write()
    try trainer.close()
    sayHowToGoOn(summary, isKept: checkpoints != nil && unwritten == nil)
    try requireWritten(checkpoint: unwritten, names: incomplete, records.metrics)
  }

  /// Whether anybody hears what the names cost: the same on every rank.
  private var saysCost: Bool { plan.metrics != nil || !plan.quiet && !isNamesAlone }

  /// Whether this rank prints more than names.
  var isTalkative: Bool { speaks && !plan.quiet && !isNamesAlone }

  /// Rank 0's word to whoever looks, at once.
  ///
  /// - Parameter titles: columns in which titles stand.
  func say(_ text: @autoclosure () -> String, titles: Int = 0) {
    guard isTalkative else { return }
    print(text() + "\n", titles: titles)
    flushStandardOutput()
  }
}

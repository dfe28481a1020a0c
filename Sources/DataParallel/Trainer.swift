import CSIMD
import GPT
import Kernels
import MPI

/// Trains one model on all ranks of a communicator: agreement first, then step after step.
public final class Trainer {
  public let settings: Settings
  public var state: ModelState { step.state }
  /// Whether the ranks have agreed to stop on a request.
  public private(set) var wasStopped = false
  private let world: Communicator
  private let layout: ReplicaLayout
  /// Of this rank, or where groups are played, of the first of them.
  private let step: TrainingStep
  /// Of the groups that are played, without the first.
  private var others: [TrainingStep] = []
  /// Where there are groups that take steps of their own; nil for one update of all ranks in every step.
  private let local: LocalTraining?
  /// Those groups.
  public var groups: RankGroups? { local?.groups }
  /// Nil for one rank, which has nobody to compare with, and where it is not wanted.
  private let check: ReplicaCheck?
  /// How gradients become one update, as it was chosen for these ranks.
  public let synchronisation: Synchronisation
  /// How each rank computes.
  public var engine: EngineKind { settings.engine.resolvedKind(for: settings.shape) }
  /// Where the run is, if it is not at its beginning.
  private var resumed: TrainingProgress?
  private var stepsDone = 0

  /// How often the wait for other ranks is told from the exchange itself; that takes a barrier of its own.
  private static let measureEvery = 16

  /// - Parameters:
  ///   - names: the training names, the same on every rank.
  ///   - dataHash: of the data set, for the agreement.
  ///   - host: this host's ranks, where the caller has found out; nil to find out.
  /// - Throws: `JobFailure` on all ranks where they disagree on anything that decides the result, or where the
  ///   strategy that was asked for is not available.
  public init(
    settings: Settings, names: NameTable, dataHash: String, version: String, host: HostGroup? = nil,
    world: Communicator
  ) throws {
    self.settings = settings
    self.world = world
    layout = settings.engine.layout(shape: settings.shape)
    try requireAgreement(
      [
        ("the settings", "\(settings)"), ("version", version),
        ("the number of training names", "\(names.count)"), ("data set", dataHash),
      ] + (settings.reproducible ? [] : Self.machineFields), over: world)
    let host = world.size > 1 ? try host ?? HostGroup(world) : nil
    let groups = try Self.groups(settings, host: host, world: world)
    let group = groups?.own ?? world
    let own = groups.map { settings.ofGroup($0.index, $0) } ?? settings
    synchronisation =
      try groups.map { try .inside($0, own, world: world) }
      ?? Synchronisation(try FactorTrial.choosing(settings, names: names, group: world), host: host, world: world)
    // After the strategy, which has more need of the memory.
    if world.size > 1 { try world.provideMessageMemory() }
    step = try TrainingStep(
      settings: own, names: names, rank: group.rank, ranks: group.size,
      synchronisation: synchronisation.implementation, batches: synchronisation.batches)
    if let groups, let localSteps = settings.localSteps {
      if localSteps.isPlayed {
        others = try (1..<groups.count).map { try Self.played(settings.ofGroup($0, groups), names: names) }
      }
      local = try LocalTraining(
        localSteps, groups, settings: settings, steps: [step] + others,
        spans: synchronisation.implementation.sliceSpans.filter { !$0.isEmpty }, world: world)
    } else {
      local = nil
    }
    if let host, settings.checkReplicas > 0 {
      check = try ReplicaCheck(
        synchronisation.implementation, layout: layout, replicas: groups?.count ?? host.hostCount, state: step.state,
        world: world)
    } else {
      check = nil
    }
    local?.begin()
    try requireAgreement([("initial parameters", step.state.parametersHash)], over: world)
  }

  /// What decides a result's last bits besides the settings, unless the run is reproducible.
  public static var machineFields: [(name: String, value: String)] {
    [
      ("instruction set", String(cString: csimd_built_for())),
      ("results of estimate instructions", String(estimateFingerprint(), radix: 16)),
    ]
  }

  /// The groups of ranks that the settings ask for; nil where they come to one, which is the ordinary run. Collective.
  private static func groups(_ settings: Settings, host: HostGroup?, world: Communicator) throws -> RankGroups? {
    guard let local = settings.localSteps else { return nil }
    let groups = try RankGroups(local, host: host, reproducible: settings.reproducible, world: world)
    guard groups.count > 1 else { return nil }
    try groups.requireNames(settings, isSpeaker: world.rank == 0)
    return groups
  }

  private static func played(_ settings: Settings, names: NameTable) throws -> TrainingStep {
    try TrainingStep(
      settings: settings, names: names, rank: 0, ranks: 1,
      synchronisation: SoloSynchronisation(parameterCount: settings.shape.parameterCount))
  }

  /// Goes on where an earlier run was. Before `run`. Collective.
  ///
  /// - Parameters:
  ///   - progress: the same on all ranks.
  ///   - model: of rank 0, and nil elsewhere: what a `CheckpointSink` was given.
  /// - Throws: `JobFailure` on all ranks where they do not hold the same model afterwards.
  public func resume(_ progress: TrainingProgress, model: ModelArrays?) throws {
    try SnapshotExchange(synchronisation.implementation, layout: layout, state: state, world: world).scatter(model)
    try parametersReplaced()
    try requireAgreement([("the parameters of the checkpoint", state.parametersHash)], over: world)
    resumed = progress
    stepsDone = progress.steps
  }

  private func parametersReplaced() throws {
    try step.parametersReplaced()
    local?.begin()
  }

  /// Begins with these parameters in place of those that the seed draws. Before `run`. Collective.
  ///
  /// - Parameter parameters: (P), canonical order, of rank 0; ignored elsewhere.
  /// - Throws: `JobFailure` on all ranks where they do not hold the same model afterwards.
  public func begin(with parameters: [Float]) throws {
    let count = world.rank == 0 ? settings.shape.parameterCount : 0
    precondition(count == 0 || parameters.count == count, "parameters of another model")
    let given = AlignedBuffer<Float>(zeros: count)
    let zeros = AlignedBuffer<Float>(zeros: count)
    let sums = AlignedBuffer<Double>(zeros: count)
    _ = given.buffer.update(fromContentsOf: parameters.prefix(count))
    let model =
      count > 0
      ? ModelArrays(parameters: given.pointer, first: zeros.pointer, second: zeros.pointer, sums: sums.pointer) : nil
    try SnapshotExchange(synchronisation.implementation, layout: layout, state: state, world: world).scatter(model)
    try parametersReplaced()
    try requireAgreement([("the parameters to begin with", state.parametersHash)], over: world)
  }

  /// Runs all steps, or those until a stop request.
  ///
  /// - Parameters:
  ///   - measureEveryStep: whether each step's wait is measured apart from its exchange. On all ranks alike: the
  ///     measurement is a barrier.
  ///   - recordEvery: `onRecord` hears of every k-th step and of the last.
  ///   - trace: what is to record the phases of its steps, on all ranks or on none: traced steps measure the wait.
  ///   - checkpoints: whether checkpoints are kept; a last one is then always taken, but not after a step at which
  ///     the run was resumed. The same on all ranks.
  ///   - sink: who keeps them; of rank 0, and nil elsewhere.
  ///   - evaluation: the names that were held out, and after how many steps their loss is due each time; it is due
  ///     after the last step, too. The same on all ranks. Its time is in no step's and not in the elapsed seconds.
  ///   - noise: the training names, and after which numbers of steps the gradient noise scale is measured: as little a part
  ///     of the run as an evaluation. The same on all ranks.
  ///   - endsEarly: whether this training is to end after the step that comes, though more would follow. Rank 0's
  ///     answer counts; asked on every rank before each step.
  ///   - onRecord: runs on every rank.
  /// - Throws: `JobFailure` on all ranks at a loss that is not finite, naming the step, and where replicas differ;
  ///   `MPIError`.
  public func run(
    measureEveryStep: Bool = false, recordEvery: Int = 1, trace: Trace? = nil, checkpoints: Bool = false,
    sink: (any CheckpointSink)? = nil, evaluation: (names: NameTable, every: Int)? = nil,
    noise: (names: NameTable, isDue: (_ steps: Int) -> Bool)? = nil,
    endsEarly: () throws -> Bool = { false }, onRecord: (StepRecord) -> Void = { _ in }
  ) throws -> RunSummary {
    var statistics = RunStatistics(steps: settings.steps, ranks: world.size, resumed: resumed)
    let snapshots =
      try checkpoints
      ? SnapshotExchange(synchronisation.implementation, layout: layout, state: state, world: world) : nil
    let measurement = noise.map {
      NoiseMeasurement(
        seed: settings.seed, names: $0.names, engine: step.engine, parameters: state.parameters.pointer, world: world)
    }
    var lastNoise: (step: Int, scale: NoiseScale)?
    // Steps of which all ranks know what became of them; and those after which all ranks had one model last.
    var done = resumed?.steps ?? 0
    var together = done
    var asked: StepRequests = []
    var stopped = false
    var heldOutLoss: Double?

    /// Keeps what became of a step.
    ///
    /// - Parameter isTogether: whether all ranks have one model after it.
    func settle(
      _ outcome: TrainingStep.Outcome, nanoseconds: Double, phases: PhaseTimes?, isTogether: Bool
    ) throws {
      guard outcome.loss.isFinite else {
        throw divergence("the loss is \(outcome.loss.isNaN ? "not a number" : "infinite") at step \(done + 1)")
      }
      done += 1
      stepsDone = done
      asked.formUnion(outcome.requests)
      statistics.add(
        loss: outcome.loss, nanoseconds: nanoseconds, positions: outcome.positions,
        names: settings.batch(step: done - 1), rows: outcome.rows, phases: phases)
      heldOutLoss = nil
      if isTogether {
        if asked.contains(.stop) { noteStop() }
        stopped = !asked.isDisjoint(with: [.stop, .end])
        if let evaluation, done == settings.steps || isDue(every: evaluation.every, done, after: together) {
          Whereabouts.enter(.evaluating, step: done)
          let start = csimd_nanoseconds()
          heldOutLoss = try evaluate(evaluation.names)
          statistics.leaveOut(nanoseconds: csimd_nanoseconds() - start)
        }
      }
      var noiseScale: NoiseScale?
      if isTogether, let measurement, let noise, (together + 1...done).contains(where: noise.isDue) {
        Whereabouts.enter(.evaluating, step: done)
        let start = csimd_nanoseconds()
        noiseScale = try measurement.measure(step: done)
        statistics.leaveOut(nanoseconds: csimd_nanoseconds() - start)
        lastNoise = noiseScale.map { (done, $0) } ?? lastNoise
      }
      let isLast = done == settings.steps || stopped
      if done % recordEvery == 0 || isLast || heldOutLoss != nil || noiseScale != nil {
        var record = statistics.record(
          loss: outcome.loss, learningRate: settings.learningRate(step: done - 1), heldOutLoss: heldOutLoss)
        record.noiseScale = noiseScale
        onRecord(record)
      }
      guard isTogether else { return }
      if let snapshots, isLast || asked.contains(.checkpoint) {
        Whereabouts.enter(.storing, step: done)
        try snapshots.gather(into: sink?.begin())
        var progress = statistics.progress(isLast: isLast)
        progress.averagedSteps = settings.averagedSteps(after: done)
        sink?.commit(progress)
      }
      (together, asked) = (done, [])
    }

    var taken = done
    while taken < settings.steps, !stopped {
      let trace = trace.flatMap { $0.steps.contains(taken) ? $0 : nil }
      let measured = measureEveryStep || trace != nil || taken % Self.measureEvery == 0
      var requests: StepRequests = sink?.wants(step: taken + 1) == true ? .checkpoint : []
      if try endsEarly(), world.rank == 0 { requests.insert(.end) }
      Whereabouts.enter(.computing, step: taken)
      let isChecked = settings.checkReplicas > 0 && isDue(every: settings.checkReplicas, taken + 1, after: together)
      let check = isChecked ? check : nil
      guard let local else {
        let start = csimd_nanoseconds()
        let outcome = try step.run(taken, measuringWait: measured, check: check, requests: requests, trace: trace)
        try check?.compare(step: taken + 1)
        let nanoseconds = Double(csimd_nanoseconds() - start)
        taken += 1
        try settle(outcome, nanoseconds: nanoseconds, phases: measured ? outcome.phases : nil, isTogether: true)
        continue
      }
      try local.step(taken, measuringWait: measured, requests: requests, trace: trace)
      taken += 1
      guard local.ends(round: taken) else { continue }
      Whereabouts.enter(.exchanging, step: taken - 1)
      let isEvaluated =
        evaluation.map { isDue(every: $0.every, taken, after: together) } ?? false
        || noise.map { (together + 1...taken).contains(where: $0.isDue) } ?? false
      try local.endRound(
        after: taken, wholly: isEvaluated, measuresAll: measureEveryStep, trace: trace, check: check
      ) { entry, isTogether in
        try settle(
          entry.outcome, nanoseconds: entry.nanoseconds, phases: entry.phases, isTogether: isTogether)
      }
    }
    // The last update has no loss after it that would show this.
    guard state.parameters.buffer.allSatisfy(\.isFinite) else {
      throw divergence("parameters are not finite after step \(done)")
    }
    var summary = statistics.summary(
      samples: settings.ramp.firstSample(of: done),
      ownSamples: settings.ramp.firstSample(of: done) - settings.ramp.firstSample(of: resumed?.steps ?? 0),
      parametersHash: state.parametersHash,
      interrupted: done < settings.steps)
    summary.exchanges = local.map { ($0.rounds, $0.seconds) }
    if let evaluation, let heldOutLoss { summary.evaluation = (heldOutLoss, evaluation.names.count) }
    summary.noiseScale = lastNoise
    return summary
  }

  /// Gives memory back that ranks share; the state may not be used afterwards. Collective.
  public func close() throws { try step.close() }

  /// Whether a multiple of `every` lies among the steps after `last` up to this one.
  private func isDue(every: Int, _ step: Int, after last: Int) -> Bool { step / every > last / every }

  private func noteStop() {
    wasStopped = true
    StopSignal.note()
  }

  private func divergence(_ what: String) -> JobFailure {
    JobFailure(
      description: "\(what): training has diverged; a lower --learning-rate than \(settings.learningRate) may help",
      isSpeaker: world.rank == 0, cause: .diverged)
  }

  /// Runs `body` on the model that the run is about: where it averages and has come to those steps, the mean of their
  /// parameters stands in the parameters' place meanwhile. Collective.
  public func withAverage<Result>(_ body: () throws -> Result) throws -> Result {
    let averaged = settings.averagedSteps(after: stepsDone)
    guard averaged > 0 else { return try body() }
    let exchange = try SnapshotExchange(synchronisation.implementation, layout: layout, state: state, world: world)
    return try exchange.withMean(
      of: averaged, replaced: step.parametersReplaced, wait: synchronisation.implementation.waitForAll, body)
  }

  /// The exact mean loss of `names`, in nats per prediction; nil where a stop request left no time for it. Of the averaged
  /// parameters where the run averages.
  ///
  /// - Parameter between: runs now and then, every few names.
  public func evaluate(_ names: NameTable, between: () throws -> Void = {}) throws -> Double? {
    try withAverage {
      try meanLoss(
        of: names, parameters: state.parameters.pointer, engine: step.engine, batch: TrainingStep.evaluationBatch,
        over: world, between: between)
    }
  }
}

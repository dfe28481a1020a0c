import DataParallel
import GPT
import Values

/// The options of a run, resolved: flag, else configuration file, else default.
struct RunPlan {
  var settings: Settings
  /// Whether strategies are timed before the run, and the fastest taken.
  var tournament: Bool
  /// Nil where none are kept.
  var checkpoints: CheckpointPlan?
  /// The configuration file, if one was named.
  var configPath: String?
  var dataPath: String
  var skipInvalid: Bool
  var generate: Int
  var temperature: Double
  var metricsPath: String?
  var tracePath: String?
  /// From 0; empty without a trace.
  var tracedSteps: Range<Int>
  var logEvery: Int?
  var progress: ProgressMode
  /// Seconds between signs of life.
  var heartbeat: Int?
  var quiet: Bool
  /// Options that are not at their default, with where they came from: "steps 1000 (flag)".
  var chosen: [String]

  static let defaultTemperature = 0.6

  /// - Parameter ranks: of the job.
  /// - Throws: an error whose description says which option is wrong, why, and what it may be.
  init(_ flags: TrainingOptions, ranks: Int) throws {
    let file = try flags.config.map { try ConfigurationFile(named: $0) }
    configPath = file?.path
    var option = OptionResolver(file: file)
    let dModel = try option.number(Ranges.dModel, flags.dModel) ?? 64
    let heads = try option.number(Ranges.heads, flags.heads) ?? Shape.defaultHeads(dModel: dModel)
    settings = try Settings(
      shape: Shape(dModel: dModel, heads: heads),
      batch: option.number(Ranges.batch, flags.batch) ?? 16,
      steps: option.number(Ranges.steps, flags.steps) ?? 5000,
      learningRate: option.number(Ranges.learningRate, flags.learningRate) ?? 0.003,
      seed: option.number(Ranges.seed, flags.seed) ?? 1,
      engine: flags.engine.resolve(&option),
      evaluate: option.value("eval", flags.eval) ?? false,
      strategy: option.value("sync", flags.sync) ?? .auto,
      bucketKiB: option.number(Ranges.bucketKiB, flags.bucketKib) ?? 64,
      reproducible: option.value("reproducible", flags.reproducible) ?? false)
    settings.checkReplicas =
      try option.number(Ranges.checkReplicas, flags.checkReplicas) ?? settings.checkReplicas
    if let flip = flags.injectBitFlip {
      settings.bitFlip = try Self.bitFlip(flip, steps: settings.steps, ranks: ranks)
    }
    tournament = try option.value("sync-tournament", flags.syncTournament) ?? false
    checkpoints = try CheckpointPlan(flags, &option)
    dataPath = try option.path("data", flags.data) ?? Self.defaultData()
    skipInvalid = try option.value("skip-invalid", flags.skipInvalid) ?? false
    generate = try option.number(Ranges.generate, flags.generate) ?? 10
    temperature = try option.number(Ranges.temperature, flags.temperature) ?? Self.defaultTemperature
    metricsPath = try option.path("metrics", flags.metrics)
    tracePath = try option.path("trace", flags.trace)
    let traceSteps: TraceSteps? = try option.value("trace-steps", written: flags.traceSteps)
    if let traceSteps, tracePath == nil { throw OptionError("trace-steps \(traceSteps) without a trace") }
    tracedSteps =
      tracePath == nil
      ? 0..<0 : try (traceSteps ?? TraceSteps(of: settings.steps)).range(of: settings.steps)
    logEvery = try option.number(Ranges.logEvery, flags.logEvery)
    progress = try option.value("progress", flags.progress) ?? .auto
    heartbeat = try option.number(Ranges.heartbeat, flags.heartbeat)
    quiet = try option.value("quiet", flags.quiet) ?? false
    chosen = option.chosen
    try validate()
  }

  private func validate() throws {
    guard !tournament || settings.strategy == .auto else {
      throw OptionError("sync-tournament chooses the strategy itself; leave sync \(settings.strategy) out")
    }
    guard !tournament || !settings.reproducible else {
      throw OptionError(
        "sync-tournament has nothing to choose from: reproducible goes with shared on one node and hierarchical on several"
      )
    }
  }

  /// One that no rank could ever do would be ignored without a word.
  private static func bitFlip(_ flag: Given, steps: Int, ranks: Int) throws -> BitFlip {
    var option = OptionResolver()
    guard let flip: BitFlip = try option.value("inject-bit-flip", written: flag), flip.rank < ranks, flip.step <= steps
    else {
      throw OptionError(
        "--inject-bit-flip \(printable(flag.text)): this run has ranks 0 to \(ranks - 1) and steps 1 to \(steps)")
    }
    return flip
  }

  private static func defaultData() throws -> String {
    guard let path = ProjectFiles.path("data/names.txt") else {
      throw OptionError(
        "data/names.txt is neither near the program nor near the current folder; name a file with --data")
    }
    return path
  }

  /// What ranks must agree on besides the settings, by option name. Paths are left out: they may differ between
  /// hosts, and what is in the files is compared when they have been read.
  var fields: [(name: String, value: String)] {
    [
      ("sync-tournament", "\(tournament)"), ("checkpoint-dir", checkpoints == nil ? "no folder" : "a folder"),
      ("resume", "\(checkpoints?.resumes ?? false)"), ("skip-invalid", "\(skipInvalid)"), ("generate", "\(generate)"),
      ("temperature", "\(temperature)"),
      ("metrics", metricsPath == nil ? "no file" : "a file"),
      ("trace", tracePath == nil ? "no file" : "a file"), ("trace-steps", "\(tracedSteps)"),
      ("log-every", logEvery.map { "\($0)" } ?? "its default"),
      ("progress", progress.rawValue), ("quiet", "\(quiet)"),
    ]
  }
}

struct OptionError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

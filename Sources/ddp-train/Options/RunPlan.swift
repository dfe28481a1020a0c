import DataParallel
import Foundation
import GPT
import Options
import Values

/// The options of a run, resolved and held against each other.
@dynamicMemberLookup
struct RunPlan {
  let options: OptionValues<TrainingOptions>
  let settings: Settings
  /// Nil where none are kept.
  let checkpoints: CheckpointPlan?
  /// The run that it goes on with, if it is known already.
  let kept: KeptRun?
  /// Where that had another number of steps.
  let stepsChange: StepsChange?
  /// The configuration file, if one was named.
  let configPath: String?
  let data: NameSource
  /// From 0; empty without a trace.
  let tracedSteps: Range<Int>

  /// What an option comes to.
  subscript<Value>(dynamicMember option: KeyPath<TrainingOptions, Declared<Value>>) -> Value {
    options[dynamicMember: option]
  }

  /// What is given, before anything is held against anything.
  static func given(
    _ flags: CommandLineOptions<TrainingOptions>, kept: KeptTexts? = nil
  ) throws -> (file: OptionFile?, options: OptionValues<TrainingOptions>) {
    let file = try flags.text(\.config).map { try ProjectFiles.options(named: $0, for: TrainingOptions()) }
    return (file, try flags.values(file, kept: kept))
  }

  /// - Parameters:
  ///   - kept: the run that it goes on with.
  ///   - initial: the model that it begins with.
  ///   - ranks: of the job.
  /// - Throws: an error whose description says which option is wrong, why, and what it may be.
  init(
    _ flags: CommandLineOptions<TrainingOptions>, kept: KeptRun? = nil, initial: InitialModel? = nil, ranks: Int
  ) throws {
    let (file, given) = try Self.given(flags, kept: kept?.texts ?? initial?.texts)
    var options = given
    configPath = file?.path
    try kept?.requireAgreement(with: options)
    self.kept = kept
    try options.requireEffect()
    let shape = try Shape(dModel: options.dModel, heads: options.heads)
    try initial?.requireSize(shape)
    var settings = try options.settings
    settings.bitFlip = try options.injectBitFlip.map { try Self.possible($0, steps: options.steps, ranks: ranks) }
    self.settings = settings
    stepsChange = StepsChange(kept, steps: options.steps)
    try stepsChange?.require(settings)
    checkpoints = try CheckpointPlan(options)
    data = NameSource(try options.data ?? Self.defaultData())
    if let steps = options.traceSteps, options.trace == nil {
      throw OptionError("trace-steps \(steps) without a trace")
    }
    tracedSteps =
      options.trace == nil
      ? 0..<0 : try (options.traceSteps ?? TraceSteps(of: options.steps)).range(of: options.steps)
    options.settle(\.heads, shape.heads)
    options.settle(\.engine.kind, settings.engine.resolvedKind(for: shape))
    self.options = options
    try validate()
  }

  /// Where the names are, as a checkpoint keeps it: whatever the current folder then is. Nil for the project's own.
  var keptDataPath: String? {
    options.data.flatMap { $0 == "-" ? nil : URL(fileURLWithPath: $0).standardizedFileURL.path }
  }

  private func validate() throws {
    if let every = options.evalEvery, !options.eval {
      throw OptionError("eval-every \(every) needs eval, which keeps the names out of training whose loss it reports")
    }
    if let domains = options.domains, ![.auto, .shared].contains(options.sync) {
      throw OptionError("domains \(domains) goes with sync shared, and this is \(options.sync)")
    }
    if !options.reproducible, options.isGiven(\.microShards) {
      throw OptionError("micro-shards \(options.microShards) needs reproducible: another run has none")
    }
    guard options.syncTournament else { return }
    guard options.sync == .auto else {
      throw OptionError("sync-tournament chooses the strategy itself; leave sync \(options.sync) out")
    }
    guard !options.reproducible else {
      throw OptionError(
        "sync-tournament has nothing to choose from: under reproducible, auto takes the faster of shared and factors itself, "
          + "and hierarchical on several nodes"
      )
    }
  }

  /// One that no rank could ever do would be ignored without a word.
  private static func possible(_ flip: BitFlip, steps: Int, ranks: Int) throws -> BitFlip {
    guard flip.rank < ranks, flip.step <= steps else {
      throw OptionError(
        "--inject-bit-flip \(printable("\(flip)")): this run has ranks 0 to \(ranks - 1) and steps 1 to \(steps)")
    }
    return flip
  }

  static func defaultData() throws -> String {
    guard let path = ProjectFiles.path("data/names.txt") else {
      throw CommandFailure(
        "data/names.txt is neither near the program nor near the current folder; name a file with --data")
    }
    return path
  }
}

extension OptionValues<TrainingOptions> {
  /// What a run computes.
  ///
  /// - Throws: an error whose description says which option is wrong, why, and what it may be.
  var settings: Settings {
    get throws {
      var settings = try Settings(
        shape: Shape(dModel: self.dModel, heads: self.heads), batch: self.batch, steps: self.steps,
        learningRate: self.learningRate, seed: self.seed, engine: self.engine.options, evaluate: self.eval,
        strategy: self.sync, bucketKiB: self.bucketKiB, reproducible: self.reproducible)
      (settings.schedule, settings.warmUp) = (self.schedule, self.warmUp)
      (settings.beta2, settings.batchRamp, settings.average) = (self.beta2, self.batchRamp, self.average)
      settings.domains = self.domains
      settings.localSteps = self.localSteps
      settings.microShards = self.microShards
      settings.checkReplicas = self.checkReplicas
      return try settings.validated()
    }
  }
}

extension ShapeError: ExitCoded {
  /// Wrong arguments.
  public var exitCode: Int32 { 64 }
}

extension Shape {
  /// - Parameter heads: nil for as many as the width usually has.
  init(dModel: Int, heads: Int?) throws(ShapeError) {
    try self.init(dModel: dModel, heads: heads ?? Self.defaultHeads(dModel: dModel))
  }
}

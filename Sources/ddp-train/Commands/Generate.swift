import ArgumentParser
import Checkpoints
import DataParallel
import GPT
import MPI

struct Generate: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print names, and nothing else on standard output.",
    discussion: """
      Trains a model first, as `train` does with the same options; or takes one from a file with --model, and then \
      only --count, --temperature, --seed and --heads may be given.
      """)

  @Option(help: "Names to print; the same as --generate. (default: 10)")
  var count: Int?

  @Option(
    help: ArgumentHelp(
      "A checkpoint, or any safetensors file with the model's tensors: names come from it, and nothing is trained.",
      valueName: "file"))
  var model: String?

  @OptionGroup var options: TrainingOptions

  static let oneTaskIsEnough = true

  func run(on world: Communicator) throws {
    var options = options
    options.generate = count ?? options.generate
    options.quiet = true
    guard let model else {
      try TrainingRun(options, world: world).run()
      return
    }
    try onEveryRank(of: world) {
      let count = options.generate ?? 10
      guard count >= 0 else { throw OptionError("count \(count) is negative") }
      let temperature = options.temperature ?? RunPlan.defaultTemperature
      guard temperature.isFinite, temperature > 0 else {
        throw OptionError("temperature \(temperature) is not a positive number")
      }
      if let option = trainingOption { throw OptionError("\(option) is of no use with --model: nothing is trained") }
      guard world.rank == 0 else { return }
      let stored = try StoredModel(path: model, heads: options.heads)
      stored.parameters.withUnsafeBufferPointer { parameters in
        guard let start = parameters.baseAddress else { return }
        let generator = Generator(shape: stored.shape, parameters: start, seed: options.seed ?? stored.seed ?? 1)
        generator.printNames(count, temperature: temperature)
      }
    }
  }

  /// An option that was given and belongs to training: all but --heads, --seed, --generate, --temperature and --quiet.
  private var trainingOption: String? {
    let engine = options.engine
    let all: [(name: String, value: Any?)] = [
      ("--config", options.config), ("--d-model", options.dModel), ("--batch", options.batch),
      ("--steps", options.steps), ("--learning-rate", options.learningRate), ("--data", options.data),
      ("--skip-invalid", options.skipInvalid), ("--eval", options.eval), ("--engine", engine.engine),
      ("--sme2-from", engine.sme2From), ("--exp", engine.exp), ("--prefix-sharing", engine.prefixSharing),
      ("--padding-skip", engine.paddingSkip), ("--sync", options.sync), ("--bucket-kib", options.bucketKib),
      ("--sync-tournament", options.syncTournament), ("--reproducible", options.reproducible),
      ("--check-replicas", options.checkReplicas), ("--inject-bit-flip", options.injectBitFlip),
      ("--checkpoint-dir", options.checkpointDir), ("--checkpoint-every", options.checkpointEvery),
      ("--checkpoint-keep", options.checkpointKeep), ("--resume", options.resume), ("--metrics", options.metrics),
      ("--trace", options.trace), ("--trace-steps", options.traceSteps), ("--log-every", options.logEvery),
      ("--progress", options.progress),
      ("--heartbeat", options.heartbeat),
    ]
    return all.first { $0.value != nil }?.name
  }
}

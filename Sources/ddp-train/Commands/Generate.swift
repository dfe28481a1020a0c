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
      only --count, --temperature, --seed and --heads count.
      """)

  @Option(help: "Names to print; the same as --generate. (default: 10)")
  var count: Int?

  @Option(
    help: ArgumentHelp(
      "A checkpoint, or any safetensors file with the model's tensors: names come from it, and nothing is trained.",
      valueName: "file"))
  var model: String?

  @OptionGroup var options: TrainingOptions

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

  /// An option that was given and belongs to training.
  private var trainingOption: String? {
    let given: [(String, Bool)] = [
      ("--config", options.config != nil), ("--d-model", options.dModel != nil), ("--batch", options.batch != nil),
      ("--steps", options.steps != nil), ("--learning-rate", options.learningRate != nil),
      ("--data", options.data != nil), ("--eval", options.eval != nil), ("--sync", options.sync != nil),
      ("--sync-tournament", options.syncTournament != nil), ("--reproducible", options.reproducible != nil),
      ("--checkpoint-dir", options.checkpointDir != nil), ("--resume", options.resume != nil),
      ("--metrics", options.metrics != nil),
    ]
    return given.first { $0.1 }?.0
  }
}

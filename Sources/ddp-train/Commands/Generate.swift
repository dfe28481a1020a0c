import ArgumentParser
import Checkpoints
import DataParallel
import GPT
import MPI
import Options
import Values

struct Generate: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print names, and nothing else on standard output.",
    discussion: """
      Trains a model first, as `train` does with the same options; or takes one from a file with --model, and then \
      only --count, --temperature, --seed and --heads may be given.
      """)

  struct Own: OptionTable {
    let count = Declared(Ranges.count, otherwise: "10", help: "Names to print; the same as --generate.")
    let model = Declared<String?>(
      "model", .file,
      help:
        "A checkpoint, a folder of them, or any safetensors file with the model's tensors: names come from it, and nothing is trained."
    )
  }

  @OptionGroup var own: CommandLineOptions<Own>
  @OptionGroup var options: CommandLineOptions<TrainingOptions>

  static let oneTaskIsEnough = true

  func run(on world: Communicator) throws {
    var options = options
    let own = try onEveryRank(of: world) { try self.own.values() }
    if let count = own.count { options.give(\.generate, "\(count)") }
    guard let model = own.model else {
      options.give(\.quiet, "true")
      try TrainingRun(options, world: world).run()
      return
    }
    let chosen = try onEveryRank(of: world) {
      let chosen = try options.values()
      if let option = chosen.firstGiven(except: Self.ofUseWithModel) {
        throw OptionError("--\(option) is of no use with --model: nothing is trained")
      }
      return chosen
    }
    let shared = try SharedModel(
      path: model, heads: chosen.heads, on: world, everywhere: NameWriting.isShared(chosen.generate, over: world))
    let seed = chosen.isGiven(\.seed) ? chosen.seed : shared.seed ?? chosen.seed
    try printNames(chosen.generate, on: world) {
      Generator(shape: shared.shape, parameters: shared.parameters, seed: seed, temperature: chosen.temperature)
    }
  }

  /// The options of training that mean something without it.
  private static let ofUseWithModel = ["heads", "seed", "generate", "temperature", "quiet"]
}

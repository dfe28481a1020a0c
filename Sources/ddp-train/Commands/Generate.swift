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
        "A checkpoint, or any safetensors file with the model's tensors: names come from it, and nothing is trained.")
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
    let (chosen, stored) = try onEveryRank(of: world) {
      let chosen = try options.values()
      if let option = chosen.firstGiven(except: Self.ofUseWithModel) {
        throw OptionError("--\(option) is of no use with --model: nothing is trained")
      }
      return (chosen, try world.rank == 0 ? StoredModel(path: model, heads: chosen.heads) : nil)
    }
    if let version = stored?.programVersion, let notice = RunIdentity.notice(path: model, version: version) {
      RankLogHandler.logger(rank: 0).warning("\(notice)")
    }
    try world.rest { isStopped in
      try stored?.parameters.withUnsafeBufferPointer { parameters in
        guard let stored, let start = parameters.baseAddress else { return }
        let generator = Generator(
          shape: stored.shape, parameters: start,
          seed: chosen.isGiven(\.seed) ? chosen.seed : stored.seed ?? chosen.seed)
        try generator.printNames(chosen.generate, temperature: chosen.temperature, isStopped: isStopped)
      }
    }
  }

  /// The options of training that mean something without it.
  private static let ofUseWithModel = ["heads", "seed", "generate", "temperature", "quiet"]
}

import ArgumentParser
import Checkpoints
import DataParallel
import Files
import GPT
import MPI
import Options
import Values

struct Generate: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print names, and nothing else on standard output.",
    discussion: """
      Trains a model first, as `train` does with the same options; or takes one from a file with --model, and then \
      only --count, --temperature, --seed, --heads, --novel, --json, --progress and --quiet may be given, and with one of the last two --data \
      and --skip-invalid, which say what is in the data.

      No name is empty. A reader of standard output that has enough, such as head, ends it: exit code 0.
      """)

  struct Own: OptionTable {
    let count = Declared(Ranges.count, otherwise: "10", help: "Names to print; the same as --generate.")
    let model = Declared<String?>(
      "model", .file,
      help:
        "A checkpoint, a folder of them, or any safetensors file with the model's tensors: names come from it, and nothing is trained."
    )
    let json = Declared<String?>(
      "json", .file,
      help:
        "Write the names here as JSON, each with its probability and whether it is in the data; - prints that instead of names."
    )
  }

  @OptionGroup var own: CommandLineOptions<Own>
  @OptionGroup var options: CommandLineOptions<TrainingOptions>

  static let oneTaskIsEnough = true
  static let readerMayLeave = true

  func run(on world: Communicator) throws {
    var options = options
    let (own, _) = try self.own.agreed(on: world) { try requireEffect($0) }
    if let count = own.count { options.give(\.generate, "\(count)") }
    guard let model = own.model else {
      try TrainingRun(options, isNamesAlone: true, namesJSON: own.json, world: world).run()
      return
    }
    let (chosen, source) = try options.agreed(on: world) { chosen in
      let asksAboutData = chosen.novel || own.json != nil
      let useful = Self.ofUseWithModel + (asksAboutData ? Self.ofUseWithData : [])
      if let option = chosen.firstGiven(except: useful) {
        let isOfData = Self.ofUseWithData.contains(option)
        throw OptionError(
          "--\(option) is of no use with --model: nothing is trained"
            + (isOfData ? ", and no --novel or --json asks" : ""))
      }
      try chosen.requireShownProgress()
      return asksAboutData ? NameSource(try chosen.data ?? RunPlan.defaultData()) : nil
    }
    let json = try onEveryRank(of: world) { try namesJSON(own, model: model, source, of: world) }
    let shared = try SharedModel(
      path: model, heads: chosen.heads, on: world, everywhere: NameWriting.isShared(chosen.generate, over: world))
    let data = try source.map { try names($0, skipInvalid: chosen.skipInvalid, on: world) }
    if let data, let source, let trained = shared.dataHash, trained != data.hash {
      RankLogHandler.logger(rank: 0).warning(
        "\(model) was trained on other names than those of \(source), by which names count as in the data")
    }
    let seed = chosen.isGiven(\.seed) ? chosen.seed : shared.seed ?? chosen.seed
    let printing = NamePrinting(
      count: chosen.generate, shape: shared.shape, seed: seed, temperature: chosen.temperature, isNovel: chosen.novel,
      hasJSON: own.json != nil, json: json, data: data,
      display: ProgressDisplay(chosen.progress, isQuiet: chosen.quiet, on: world))
    let failure = try printing.run(shared.parameters, on: world)
    try onEveryRank(of: world, stops: false) {
      if let failure { throw CommandFailure(failure) }
    }
  }

  private func namesJSON(
    _ own: OptionValues<Own>, model: String, _ source: NameSource?, of world: Communicator
  ) throws -> NamesJSON? {
    guard world.rank == 0, let path = own.json else { return nil }
    let file = try Destination("--json", path)
    try requireDistinct([file], inputs: [("--model", model)] + (source.map { [("--data", $0.file)] } ?? []))
    return NamesJSON(file)
  }

  private func names(_ source: NameSource, skipInvalid: Bool, on world: Communicator) throws -> RunNames {
    let host = world.size > 1 ? try HostGroup(world) : nil
    return try RunNames.read(
      source, skipInvalid: skipInvalid, evaluation: false, waiting: .ofProgram, host: host?.communicator ?? world,
      over: world)
  }

  private func requireEffect(_ own: OptionValues<Own>) throws(OptionError) {
    guard own.count == nil || options.text(\.generate) == nil else {
      throw OptionError("--generate has no effect beside --count: both say how many names; leave one of them out")
    }
  }

  /// The options of training that mean something without it.
  private static let ofUseWithModel = ["heads", "seed", "generate", "temperature", "novel", "progress", "quiet"]
  /// Where it is asked what is in the data.
  private static let ofUseWithData = ["data", "skip-invalid"]
}

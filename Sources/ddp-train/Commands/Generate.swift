import ArgumentParser
import MPI

struct Generate: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print names, and nothing else on standard output.",
    discussion: "Trains a model first, as `train` does with the same options.")

  @Option(help: "Names to print; the same as --generate. (default: 10)")
  var count: Int?

  @OptionGroup var options: TrainingOptions

  func run(on world: Communicator) throws {
    var options = options
    options.generate = count ?? options.generate
    options.quiet = true
    try TrainingRun(options, world: world).run()
  }
}

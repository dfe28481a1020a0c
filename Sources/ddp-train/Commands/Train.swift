import ArgumentParser
import MPI
import Options

struct Train: JobCommand {
  static let configuration = CommandConfiguration(abstract: "Train a model and print names it makes up. (default)")

  @OptionGroup var options: CommandLineOptions<TrainingOptions>

  func run(on world: Communicator) throws {
    try TrainingRun(options, world: world).run()
  }
}

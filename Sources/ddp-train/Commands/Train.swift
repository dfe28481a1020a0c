import ArgumentParser
import MPI

struct Train: JobCommand {
  static let configuration = CommandConfiguration(abstract: "Train a model and print names it makes up. (default)")

  @OptionGroup var options: TrainingOptions

  func run(on world: Communicator) throws {
    try TrainingRun(options, world: world).run()
  }
}

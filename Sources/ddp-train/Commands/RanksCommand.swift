import ArgumentParser
import DataParallel
import Dataset
import MPI
import Options
import Topology
import Values

struct RanksCommand: JobCommand {
  static let configuration = CommandConfiguration(
    commandName: "ranks",
    abstract: "Say how many ranks of a host pay for a run.",
    discussion: """
      Takes the options of train, and writes no file that they name. With more ranks a step takes as long: names are not \
      cut. Worked out from some of the run's batches by what shards cost, not measured. "12 of 64 ranks": the fewest that \
      are as fast as any number up to 64, to a tenth. launch/train starts as many.
      """)

  struct Table: OptionTable {
    let most = Declared(
      Ranges.most, otherwise: "the CPUs that this process may use", .own, as: "n", help: "As many as there could be.")
  }

  @OptionGroup var own: CommandLineOptions<Table>
  @OptionGroup var options: CommandLineOptions<TrainingOptions>

  static let oneTaskIsEnough = true

  func run(on world: Communicator) throws {
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      let most = try own.values().most ?? max(1, allowedCPUs().count)
      let plan = try RunPlan(options, kept: KeptRun(RunPlan.given(options).options), ranks: most)
      let names = try plan.data.read(skipInvalid: plan.skipInvalid, waiting: .ofProgram).split(
        evaluation: plan.settings.evaluate)
      let paying = PayingRanks(plan.settings, names: names.training.table, most: most)
      print("\(paying.count) of \(most) ranks")
      if let advice = paying.advice { RankLogHandler.logger(rank: 0).notice("\(advice)") }
    }
  }
}

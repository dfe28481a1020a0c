import ArgumentParser
import DataParallel
import Doctor
import Files
import MPI
import Options
import Schemas
import Values

struct Doctor: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what is wrong with this machine, or with this placement of ranks, and how to start a run.",
    discussion: """
      Alone: what a run may use here, and mpirun's line for it. Under mpirun, with the options of the run to be: \
      whether each of its ranks has a core of its own, and memory to share.

      --bundle writes what a report of a fault needs, and nothing private: versions, CPU, limits, these findings, and \
      settings of MPI and Slurm. Hosts are called host-1, host-2, …; users, paths, addresses and command lines are left out.

      Exit codes: 0 nothing is wrong, though there may be advice; 1 there is a problem.
      """)

  @Flag(help: "Print JSON.")
  var json = false

  @Option(
    help: ArgumentHelp("Write here, as JSON, what a report of a fault needs and nothing private.", valueName: "file"),
    completion: .file())
  var bundle: String?

  static let oneTaskIsEnough = true

  func run(on world: Communicator) throws {
    let file = try onEveryRank(of: world) { () throws -> Destination? in
      guard world.rank == 0, let bundle else { return nil }
      let file = try Destination("--bundle", bundle)
      try requireDistinct([file], inputs: ProjectFiles.inputs())
      return file
    }
    let (examination, anonymous) = try Examination.withBundle(
      of: world, version: packageVersion, binder: ProjectFiles.binder, paying: payingRanks)
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      print(
        json ? String(decoding: try SchemaJSON.encode(examination).dropLast(), as: UTF8.self) : text(of: examination))
      try file?.write(try SchemaJSON.encode(anonymous))
    }
    if !examination.problems.isEmpty { throw ExitRequest(code: 1) }
  }

  /// For a run with no options at all; nil without the project's names.
  private func payingRanks(of most: Int) throws -> PayingRanks? {
    // First: a plan without names to train on is an error.
    guard let names = try? ProjectFiles.names() else { return nil }
    let plan = try RunPlan(CommandLineOptions<TrainingOptions>(), ranks: most)
    return PayingRanks(plan.settings, names: names, most: most)
  }

  private func text(of examination: Examination) -> String {
    let problems = examination.problems.count
    let counts = "\(plural(problems, "problem")), \(examination.warnings.count - problems) to consider"
    let job = "\(plural(examination.ranks, "rank")) on \(plural(examination.hosts, "host")): "
    let end = ["", examination.isUnderMpiRun ? job + counts : counts, "start: \(examination.commandLine)"]
    return (findingLines(examination.findings) + memoryLines(examination.memory ?? []) + end).joined(separator: "\n")
  }

  private func memoryLines(_ memory: [RunMemoryResult]) -> [String] {
    guard let first = memory.first else { return [] }
    let title = "memory of \(plural(first.ranks, "rank")) at a batch of \(grouped(first.batch)), at most"
    let place = first.ranksOnHost < first.ranks ? ", on the host that has \(grouped(first.ranksOnHost)) of them" : ""
    let table = Table(
      memory,
      [
        .number("d-model") { "\($0.c)" }, .number("each rank") { bytes($0.rankBytes) },
        .number("shared") { bytes($0.sharedBytes) }, .number("in all") { bytes($0.hostBytes) },
      ])
    return ["", title + place] + table.lines()
  }
}

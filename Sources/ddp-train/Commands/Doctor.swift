import ArgumentParser
import DataParallel
import Doctor
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

      Exit codes: 0 nothing is wrong, though there may be advice; 1 there is a problem.
      """)

  @Flag(help: "Print JSON.")
  var json = false

  static let oneTaskIsEnough = true

  func run(on world: Communicator) throws {
    let examination = try Examination(
      of: world, binder: ProjectFiles.path("launch/on-own-core"), paying: payingRanks)
    if world.rank == 0 {
      print(
        json ? String(decoding: try SchemaJSON.encode(examination).dropLast(), as: UTF8.self) : text(of: examination))
    }
    if !examination.problems.isEmpty { throw ExitRequest(code: 1) }
  }

  /// For a run with no options at all; nil without the project's names.
  private func payingRanks(of most: Int) throws -> PayingRanks? {
    let plan = try RunPlan(CommandLineOptions<TrainingOptions>(), ranks: most)
    return (try? ProjectFiles.names()).map { PayingRanks(plan.settings, names: $0, most: most) }
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

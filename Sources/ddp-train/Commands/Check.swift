import ArgumentParser
import DataParallel
import GPT
import Laboratory
import MPI
import Options
import Reference
import Values

struct Check: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare this build's own training steps with reference values.",
    discussion: """
      Each file is a safetensors file with initial parameters, batches, losses, the first gradient and the final \
      parameters of a run computed elsewhere; Tests/golden has five. Every rank checks, so that on several hosts \
      every kind of CPU is covered. Exits 1 where a value is out of bounds.
      """)

  struct Own: OptionTable {
    let engine = EngineTable()
    let progress = Declared.progress
  }

  @Argument(help: ArgumentHelp("Reference files.", valueName: "file"), completion: .file())
  var files: [String]

  @OptionGroup var options: CommandLineOptions<Own>

  static let oneTaskIsEnough = true

  func run(on world: Communicator) throws {
    let (engine, mode) = try onEveryRank(of: world) {
      let options = try self.options.values()
      return (try options.engine.options, options.progress)
    }
    let display = ProgressDisplay(mode, on: world)
    defer { display.finish() }
    let progress = CountProgress(display, "files", of: files.count)
    var failed = 0
    for (index, file) in files.enumerated() {
      progress.show(index)
      let check = try onEveryRank(of: world) { ReferenceCheck(try ReferenceCase(path: file), engine: engine) }
      let passedOn = try world.allGather(check.passed ? 1 : 0)
      let hosts = try world.allGather(Environment.processorName)
      let failedRanks = passedOn.indices.filter { passedOn[$0] == 0 }
      if !failedRanks.isEmpty { failed += 1 }
      guard world.rank == failedRanks.first ?? 0 else { continue }
      print(report(file, check))
      for rank in failedRanks where world.size > 1 { print("  out of bounds on rank \(rank), host \(hosts[rank])") }
    }
    display.finish()
    if world.rank == 0, failed == 0 { print("\(plural(files.count, "file")) within bounds") }
    if failed > 0 {
      throw JobFailure(
        description: "\(failed) of \(plural(files.count, "file")) out of bounds", isSpeaker: world.rank == 0)
    }
  }

  private func report(_ file: String, _ check: ReferenceCheck) -> String {
    let table = Table(
      check.rows,
      [
        .words("quantity") { $0.quantity }, .words("relative error") { scientific($0.error) },
        .words("bound") { scientific($0.bound) },
        .words("worst element") { $0.elementBound > 0 ? scientific($0.worstElement) : "" },
        .words("bound") { $0.elementBound > 0 ? scientific($0.elementBound) : "" },
        .words { $0.passed ? "ok" : "OUT OF BOUNDS" },
      ])
    return ([file] + table.lines(indent: 2)).joined(separator: "\n")
  }
}

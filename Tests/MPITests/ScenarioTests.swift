import MPIRunSupport
import Testing

/// Every scenario of mpi-exercise as a real job, at one to four ranks.
@Suite("mpirun jobs", .serialized)
struct ScenarioTests {
  static let scenarios = [
    "environment", "reduce", "reduce-scatter", "broadcast", "gather", "gather-v", "values", "mismatch",
    "point-to-point", "requests", "rest", "communicators", "window",
  ]

  @Test("every check holds on every rank", arguments: scenarios, 1...4)
  func scenario(name: String, ranks: Int) throws {
    let result = try MPIRun(ranks: ranks).run("mpi-exercise", [name])
    #expect(result.exitCode == 0, "\(result)")
    let verdict = result.stdout.split(separator: "\n").last { $0.hasPrefix("\(name): ok, ") }
    let words = try #require(verdict, "\(result)").split(separator: " ")
    #expect(words[2] == "\(ranks)", "\(result)")
    #expect(try #require(Int(words[4])) > 0, "nothing was checked")
  }

  @Test(
    "a program started by hand is a world of one rank",
    arguments: [
      "environment", "reduce", "reduce-scatter", "broadcast", "gather", "gather-v", "values", "rest", "window",
    ])
  func alone(name: String) throws {
    let result = try MPIRun.runAlone("mpi-exercise", [name])
    #expect(result.exitCode == 0, "\(result)")
    #expect(result.stdout.contains("\(name): ok, 1 ranks"), "\(result)")
  }

  @Test("a process knows whether a launcher started it")
  func launcher() throws {
    let alone = try MPIRun.runAlone("mpi-exercise", ["environment"])
    #expect(alone.stdout.contains("alone: true"), "\(alone)")
    let job = try MPIRun(ranks: 1).run("mpi-exercise", ["environment"])
    #expect(job.stdout.contains("alone: false"), "\(job)")
  }

  @Test("large messages cross TCP as well as shared memory", arguments: ["reduce", "requests"])
  func overTCP(name: String) throws {
    let result = try MPIRun(ranks: 2, options: ["--mca", "btl", "self,tcp"]).run("mpi-exercise", [name])
    #expect(result.exitCode == 0, "\(result)")
  }
}

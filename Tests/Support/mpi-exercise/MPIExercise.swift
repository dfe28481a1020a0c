import Glibc
import MPI

/// What one rank does. In a structure of its own, because Swift 6.2 cannot compile a dictionary of such functions.
struct Scenario: Sendable {
  let run: @Sendable (borrowing Environment) throws -> Void
}

/// A program for the tests: runs one named scenario on every rank and ends with 0 only if every check held.
///
///     mpirun -np 3 mpi-exercise reduce
///     reduce: ok, 3 ranks, 1107 checks
@main
struct MPIExercise {
  /// Scenarios that must pass at every number of ranks.
  static let scenarios: [String: Scenario] = [
    "environment": Scenario(run: environment),
    "reduce": Scenario(run: reduce),
    "reduce-scatter": Scenario(run: reduceScatter),
    "broadcast": Scenario(run: broadcast),
    "gather": Scenario(run: gather),
    "gather-v": Scenario(run: gatherV),
    "values": Scenario(run: values),
    "mismatch": Scenario(run: mismatch),
    "point-to-point": Scenario(run: pointToPoint),
    "requests": Scenario(run: requests),
    "rest": Scenario(run: rest),
    "communicators": Scenario(run: communicators),
    "window": Scenario(run: window),
    // Scenarios that must end the job with an error; see Failures.swift.
    "wrong": Scenario(run: wrong),
    "throw-one": Scenario(run: throwOne),
    "throw-holding": Scenario(run: throwHolding),
    "hang": Scenario(run: hang),
  ]

  static func main() {
    let name = CommandLine.arguments.dropFirst().first ?? ""
    if name == "drop-environment" { return dropEnvironment() }
    guard let scenario = scenarios[name] else {
      print("mpi-exercise: no scenario '\(name)'; there are \(scenarios.keys.sorted())")
      exit(64)
    }
    do {
      let mpi = try Environment()
      do {
        try scenario.run(mpi)
        let checks = try mpi.world.allReduce(checksHeld.load(ordering: .relaxed), .sum)
        if mpi.world.rank == 0 { print("\(name): ok, \(mpi.world.size) ranks, \(checks) checks") }
      } catch {
        // A lone rank that drops its environment no longer knows who it is.
        withExtendedLifetime(mpi) { Environment.abort(because: error) }
      }
      try mpi.finalize()
    } catch {
      Environment.abort(because: error)
    }
  }
}

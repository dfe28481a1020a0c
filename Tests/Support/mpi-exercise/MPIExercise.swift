import Glibc
import MPI

/// A program for the tests: runs one named scenario on every rank and ends with 0 only if every check held.
///
///     mpirun -np 3 mpi-exercise reduce
///     reduce: ok, 3 ranks, 1107 checks
@main
struct MPIExercise {
  /// Scenarios that must pass at every number of ranks.
  static let scenarios: [String: @Sendable (borrowing Environment) throws -> Void] = [
    "environment": environment,
    "reduce": reduce,
    "reduce-scatter": reduceScatter,
    "broadcast": broadcast,
    "gather": gather,
    "gather-v": gatherV,
    "values": values,
    "mismatch": mismatch,
    "point-to-point": pointToPoint,
    "requests": requests,
    "communicators": communicators,
    "window": window,
    // Scenarios that must end the job with an error; see Failures.swift.
    "wrong": wrong,
    "throw-one": throwOne,
    "throw-holding": throwHolding,
    "abort": abort,
    "hang": hang,
  ]

  static func main() {
    let name = CommandLine.arguments.dropFirst().first ?? ""
    if name == "drop-environment" { return dropEnvironment() }
    guard let scenario = scenarios[name] else {
      print("mpi-exercise: no scenario '\(name)'; there are \(scenarios.keys.sorted())")
      exit(64)
    }
    Environment.run { mpi in
      try scenario(mpi)
      let checks = try mpi.world.allReduce(checksHeld.load(ordering: .relaxed), .sum)
      if mpi.world.rank == 0 { print("\(name): ok, \(mpi.world.size) ranks, \(checks) checks") }
    }
  }
}

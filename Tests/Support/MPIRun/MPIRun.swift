import Foundation
import TestSupport

/// An `mpirun` job of the programs of this package.
///
/// ```swift
/// let result = try MPIRun(ranks: 3).run("ddp-train", ["--steps", "5"], timeout: .seconds(60))
/// #expect(result.exitCode == 0, "\(result)")
/// ```
///
/// One job runs at a time, over all tests of this user. The calling thread waits.
public struct MPIRun: Sendable {
  /// The number of ranks. It may exceed the number of cores.
  public var ranks: Int

  /// More of mpirun's own options, such as `["--mca", "btl", "self,tcp"]`.
  public var options: [String]

  /// Variables that mpirun and its ranks get besides this process's own.
  public var environment: [String: String]

  /// Where the job starts; nil is this process's own folder.
  public var folder: String?

  public init(
    ranks: Int, options: [String] = [], environment: [String: String] = [:], folder: String? = nil
  ) {
    self.ranks = ranks
    self.options = options
    self.environment = environment
    self.folder = folder
  }

  /// Runs a program of this package on every rank.
  ///
  /// - Parameters:
  ///   - program: its product's name. The test target must depend on it.
  ///   - timeout: counted from the start of the job; then the whole job is killed.
  ///   - meanwhile: runs beside the job, from its start on.
  /// - Throws: ``MPIRunError``, or what `meanwhile` throws. A job that fails is a result.
  public func run(
    _ program: String, _ arguments: [String] = [], timeout: Duration = .seconds(60),
    meanwhile: (RunningJob) throws -> Void = { _ in }
  ) throws -> RunResult {
    let command = try builtProgram(program)
    return try start(
      ["-np", String(ranks)] + options + [command] + arguments, timeout: timeout, meanwhile: meanwhile)
  }

  /// Runs a program of this package with other arguments on each rank; `ranks` does not count.
  ///
  /// By a shell on each: the mpirun of Open MPI 5.0.7 dies of a line with several programs.
  public func run(
    _ program: String, eachWith arguments: [[String]], timeout: Duration = .seconds(60)
  ) throws -> RunResult {
    func quoted(_ word: String) -> String { "'" + word.replacing("'", with: #"'\''"#) + "'" }
    let command = try builtProgram(program)
    let cases = arguments.enumerated().map { rank, words in
      "\(rank)) exec \(([command] + words).map(quoted).joined(separator: " ")) ;;"
    }
    let script = "case $OMPI_COMM_WORLD_RANK in \(cases.joined(separator: " ")) esac"
    return try start(
      ["-np", String(arguments.count)] + options + ["/bin/sh", "-c", script], timeout: timeout
    ) { _ in }
  }

  private func start(
    _ words: [String], timeout: Duration, meanwhile: (RunningJob) throws -> Void
  ) throws -> RunResult {
    let mpirun = try systemProgram("mpirun")
    // mpirun's own limit is for the case that this process is killed while it waits.
    let limit = String(timeout.components.seconds + 30)
    return try withJobLock {
      try runChild(
        mpirun,
        // No binding: it would put the ranks of every job on the first cores, whatever else runs there.
        // A rank that waits yields, which --oversubscribe alone asks for only beyond the number of cores: tests share
        // theirs with builds.
        ["--oversubscribe", "--mca", "mpi_yield_when_idle", "1", "--bind-to", "none", "--timeout", limit] + words,
        environment: Self.inherited.merging(environment) { $1 }, folder: folder, timeout: timeout,
        meanwhile: meanwhile)
    }
  }

  /// Runs a program of this package by hand, without mpirun.
  ///
  /// - Parameter output: a file for its standard output, which the result then lacks.
  public static func runAlone(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], folder: String? = nil,
    output: String? = nil, timeout: Duration = .seconds(60), meanwhile: (RunningJob) throws -> Void = { _ in }
  ) throws -> RunResult {
    let command = try builtProgram(program)
    return try withJobLock {
      try runChild(
        command, arguments, environment: inherited.merging(environment) { $1 }, folder: folder,
        standardOutput: output, timeout: timeout, meanwhile: meanwhile)
    }
  }

  /// Runs a shell's script, in which `"$0"` is a program of this package: for conditions that are made around it.
  ///
  /// - Parameter arguments: `$1` and so on.
  public static func runScript(
    _ script: String, program: String, _ arguments: [String] = [], timeout: Duration = .seconds(60),
    meanwhile: (RunningJob) throws -> Void = { _ in }
  ) throws -> RunResult {
    let command = try builtProgram(program)
    return try withJobLock {
      try runChild(
        "/bin/sh", ["-c", script, command] + arguments, environment: inherited, timeout: timeout, meanwhile: meanwhile)
    }
  }

  /// This process's variables, less those that Open MPI sets in a process of its own.
  ///
  /// A test process that initialised MPI carries them, and a job started with them would take itself for a
  /// part of that process's job. Settings such as `OMPI_MCA_btl` stay.
  private static var inherited: [String: String] {
    let ownedByALaunch = [
      "PMIX_", "ORTE_", "OMPI_COMM_WORLD_", "OMPI_MCA_ess", "OMPI_MCA_orte_", "OMPI_MCA_pmix", "OMPI_UNIVERSE_",
      "OMPI_APP_CTX", "OMPI_NUM_APP", "OMPI_FIRST_RANKS", "OMPI_FILE_LOCATION",
    ]
    var result = ProcessInfo.processInfo.environment.filter { variable in
      !ownedByALaunch.contains { variable.key.hasPrefix($0) }
    }
    // mpirun refuses to run as root without both; containers often have no other user.
    result["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
    result["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    return result
  }
}

import Foundation
import Launch
import Values

/// The command line to start a job with.
extension JobFacts {
  /// One rank on each core that can work, or as many ranks as the job has where they all fit; each bound.
  public var commandLine: String {
    commandLine(ranks: hosts.indices.map(proposedRanks), binding: binding)
  }

  /// The job's ranks, or those that the line starts.
  var startedRanks: Int { isUnderMPIRun ? ranks.count : hosts.indices.map(proposedRanks).reduce(0, +) }

  /// What the line starts on a host.
  func proposedRanks(on host: Int) -> Int { min(wantedRanks(on: host), room(on: host)) }

  /// For more ranks than cores: on hardware threads where they are enough, else in turns.
  var crowdedCommandLine: String {
    let threads = hosts.indices.allSatisfy { wantedRanks(on: $0) <= allowedCores(on: $0).joined().count }
    let seen = hosts.allSatisfy { $0.allowed == $0.seenByMPIRun }
    return commandLine(
      ranks: hosts.indices.map(wantedRanks),
      binding: threads && seen
        ? ["--use-hwthread-cpus", "--bind-to", "hwthread"]
        : ["--oversubscribe", "--mca", "mpi_yield_when_idle", "1", "--bind-to", "none"])
  }

  /// mpirun's `--bind-to core` begins at the first core it knows of, and it knows of no mask but a cgroup's. Its
  /// `--cpu-set` gives each rank the whole set (Open MPI 4.1).
  private var binding: [String] {
    let mask = fastMask.map { ["taskset", "-c", compactList($0)] } ?? []
    if mask.isEmpty, hosts.allSatisfy({ $0.allowed == $0.seenByMPIRun }) { return mapping + ["--bind-to", "core"] }
    let isSingle = hosts.indices.allSatisfy { proposedCores(on: $0).count == 1 }
    return ["--bind-to", "none"] + mask + (isSingle ? [] : binder ?? [])
  }

  /// Neighbouring ranks in one domain: from three ranks on, mpirun deals them to the domains in turn where it is not told
  /// otherwise (Open MPI 4.1, as its `ras_simulator` shows).
  private var mapping: [String] {
    guard hosts.contains(where: { $0.domains.count > 1 }) else { return [] }
    return ["--map-by", spread(on: 0).map { "ppr:\($0):numa" } ?? "core"]
  }

  private func commandLine(ranks: [Int], binding: [String]) -> String {
    var words = [launcher.command ?? "mpirun", "-np", "\(ranks.reduce(0, +))"]
    if isRoot, !rootIsAllowed { words.append("--allow-run-as-root") }
    if hosts.count > 1 {
      words += ["--host", zip(hosts, ranks).map { "\($0.name):\($1)" }.joined(separator: ",")]
    }
    return (words + binding + [program]).map(shellWord).joined(separator: " ")
  }
}

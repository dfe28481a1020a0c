import Launch
import Values

/// The command line to start a job with.
extension JobFacts {
  /// One rank on each core that can work, or as many ranks as the job has where they all fit; each bound.
  public var commandLine: String {
    commandLine(ranks: hosts.indices.map(proposedRanks), binding: bind)
  }

  /// The job's ranks, or those that the line starts.
  var startedRanks: Int { isUnderMPIRun ? ranks.count : hosts.indices.map(proposedRanks).reduce(0, +) }

  /// What the line starts on a host.
  func proposedRanks(on host: Int) -> Int { min(wantedRanks(on: host), room(on: host)) }

  /// For more ranks than cores: on hardware threads where they are enough, else in turns.
  var crowdedCommandLine: String {
    let threads = hosts.indices.allSatisfy { wantedRanks(on: $0) <= allowedCores(on: $0).joined().count }
    let seen = hosts.allSatisfy { $0.allowed == $0.seenByMPIRun }
    return commandLine(ranks: hosts.indices.map(wantedRanks)) { line in
      if threads && seen { line.binding = .hardwareThread } else { line.sharesCores = true }
    }
  }

  /// mpirun's `--bind-to core` begins at the first core it knows of, and it knows of no mask but a cgroup's. Its
  /// `--cpu-set` gives each rank the whole set (Open MPI 4.1).
  private func bind(_ line: inout JobLine) {
    let mask = fastMask.map { ["taskset", "-c", compactList($0)] } ?? []
    if mask.isEmpty, hosts.allSatisfy({ $0.allowed == $0.seenByMPIRun }) {
      (line.mapping, line.binding) = (mapping, .core)
    } else {
      let isSingle = hosts.indices.allSatisfy { proposedCores(on: $0).count == 1 }
      line.binder = mask + (isSingle ? [] : binder ?? [])
    }
  }

  /// Neighbouring ranks in one domain: from three ranks on, mpirun deals them to the domains in turn where it is not told
  /// otherwise (Open MPI 4.1, as its `ras_simulator` shows).
  private var mapping: String? {
    guard hosts.contains(where: { $0.domains.count > 1 }) else { return nil }
    return spread(on: 0).map { "ppr:\($0):numa" } ?? "core"
  }

  private func commandLine(ranks: [Int], binding: (inout JobLine) -> Void) -> String {
    let command = launcher.command ?? "mpirun"
    var line = JobLine(
      launcher: MPILauncher(name: command, path: command, version: launcher.version ?? launcher.libraryVersion))
    line.allowsRoot = isRoot && !rootIsAllowed
    if hosts.count > 1 {
      line.hosts = zip(hosts, ranks).map { HostShare(itself: $0.name, ranks: $1) }
    } else {
      line.ranks = ranks.reduce(0, +)
    }
    binding(&line)
    return line.words([program]).map(shellWord).joined(separator: " ")
  }
}

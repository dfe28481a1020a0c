import Foundation

/// The command line to start a job with.
extension JobFacts {
  /// One rank on each core that can work, or as many ranks as the job has where they all fit; each bound.
  public var commandLine: String {
    commandLine(ranks: hosts.indices.map { min(wantedRanks(on: $0), room(on: $0)) }, binding: binding)
  }

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

  /// mpirun's `--bind-to core` begins at the first core it knows of, and it knows of no mask but a cgroup's.
  private var binding: [String] {
    if hosts.allSatisfy({ $0.allowed == $0.seenByMPIRun }) { return ["--bind-to", "core"] }
    let isSingle = hosts.indices.allSatisfy { allowedCores(on: $0).count == 1 }
    return ["--bind-to", "none"] + (isSingle ? [] : binder.map { [$0] } ?? [])
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

/// A word as a shell must be given it.
func shellWord(_ word: String) -> String {
  let isPlain = word.allSatisfy { character in
    character.isASCII && (character.isLetter || character.isNumber) || "_-./:,=+@%".contains(character)
  }
  if isPlain, !word.isEmpty { return word }
  return "'\(word.replacingOccurrences(of: "'", with: "'\\''"))'"
}

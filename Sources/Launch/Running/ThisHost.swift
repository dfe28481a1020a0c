/// Ranks on this host alone.
public struct ThisHost: JobSite {
  private let launcher: MPILauncher
  private let binder: [String]
  private let ranks: Int?
  private let cores: UsableCores

  /// - Parameters:
  ///   - binder: the words that bind a rank, before the program.
  ///   - ranks: nil for one on each core that can work.
  public init(launcher: MPILauncher, binder: [String], ranks: Int?, cores: UsableCores = .ofThisHost()) {
    (self.launcher, self.binder, self.ranks, self.cores) = (launcher, binder, ranks, cores)
  }

  public func prepare(_ place: JobPlace) -> PreparedJob {
    var line = JobLine(launcher: launcher)
    let ranks = ranks ?? cores.count
    line.ranks = ranks
    line.place = place
    line.mapping = "slot"
    line.binder = binder
    line.sharesCores = ranks > cores.count
    var job = PreparedJob(line: line)
    job.notes = [Self.note(ranks: ranks, cores)]
    return job
  }

  /// Where the ranks will be, for the user.
  static func note(ranks: Int, _ cores: UsableCores) -> String {
    var found = "physical cores: \(cores.cores.count)"
    if cores.count < cores.cores.count { found += ", of which the CPU quota pays for \(cores.count)" }
    found += "; ranks: \(ranks), "
    guard ranks <= cores.count else { return found + "oversubscribed: not bound, and slow" }
    return found + "one a core, on CPUs "
      + cores.cores.prefix(ranks).map { $0.map(String.init).joined(separator: ",") }.joined(separator: " ")
  }
}

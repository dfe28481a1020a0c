import Values

/// The nodes and tasks that Slurm has allocated to this batch job: mpirun knows of them by itself.
public struct SlurmAllocation: JobSite {
  private let launcher: MPILauncher
  private let binder: [String]
  private let shield: [String]
  private let environment: [String: String]
  private let cores: UsableCores

  /// - Parameters:
  ///   - shield: words that start a command with SIGTERM blocked; none where the system has no such command. Slurm sends
  ///     SIGTERM to every process of a cancelled job at once. The ranks write a checkpoint at it; mpirun and its daemons would kill
  ///     them 2 s later. Ranks start with no signal blocked.
  ///   - environment: with Slurm's own variables (sbatch(1), OUTPUT ENVIRONMENT VARIABLES).
  public init(
    launcher: MPILauncher, binder: [String], shield: [String], environment: [String: String],
    cores: UsableCores = .ofThisHost()
  ) {
    (self.launcher, self.binder, self.shield) = (launcher, binder, shield)
    (self.environment, self.cores) = (environment, cores)
  }

  public func prepare(_ place: JobPlace) -> PreparedJob {
    var line = JobLine(launcher: launcher)
    (line.failsFast, line.daemon, line.binder, line.wrapper) = (true, shield, binder, shield)
    var job = PreparedJob(line: line)
    // "64", "2(x3),1"
    let onFirst = number("SLURM_TASKS_PER_NODE") ?? cores.count
    if let allowed = number("SLURM_CPUS_ON_NODE"), cores.cores.count > allowed {
      job.notes.append(
        "CPUs of this job on \(ownHostName()): \(allowed), to which Slurm does not confine it: ranks are not bound")
      job.line.binder = []
    }
    if number("SLURM_NTASKS") == nil, number("SLURM_NTASKS_PER_NODE") == nil, onFirst > cores.count {
      // Nobody asked for a number (--exclusive), and Slurm counts hardware threads.
      job.line.mapping = "ppr:\(cores.count):node"
    } else {
      job.line.mapping = "slot"
      job.line.yields = onFirst > cores.count
      if onFirst > cores.count {
        job.notes.append(
          "tasks on \(ownHostName()): \(onFirst), physical cores: \(cores.count): oversubscribed, not bound, and slow")
      }
    }
    return job
  }

  private func number(_ variable: String) -> Int? {
    environment[variable].flatMap { Int($0.prefix(while: \.isNumber)) }
  }
}

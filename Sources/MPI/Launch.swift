import Glibc

/// Who started this process: a launcher that started others with it, or nobody of the kind.
///
/// A process that is alone needs no MPI, and nothing that MPI needs: no network interface, no folder to write to, no
/// scheduler's consent.
public enum Launch: Equatable, Sendable {
  case alone
  /// One of the tasks of a launcher.
  ///
  /// - Parameters:
  ///   - number: this task's, from 0.
  ///   - of: how many there are; nil where the launcher does not say.
  case task(_ number: Int, of: Int?, by: Launcher)

  public enum Launcher: Equatable, Sendable {
    /// Open MPI's mpirun.
    case mpirun
    /// A server of PMIx, such as that of `srun --mpi=pmix`.
    case pmix
    /// One of PMI-1 or PMI-2, such as that of MPICH's mpiexec or of `srun --mpi=pmi2`.
    case pmi
    /// `srun` without any of these: its tasks cannot find each other.
    case slurm
  }

  /// As this process's environment tells.
  public static let current = Launch { name in getenv(name).map { String(cString: $0) } }

  /// - Parameter variable: the value of an environment variable.
  ///
  /// Variables that a launcher's shell or batch script has, and not a task of it, say nothing: Slurm tells a batch
  /// script and the shell of `salloc` of their job's tasks (SLURM_NTASKS), but only `srun` tells of those of a step.
  ///
  /// - Source: srun(1), OUTPUT ENVIRONMENT VARIABLES; mpirun(1) of Open MPI 4.1; PMIx 4.1, appendix on environment
  ///   variables; MPICH's PMI-1 wire protocol.
  public init(_ variable: (String) -> String?) {
    func number(_ name: String) -> Int? { variable(name).flatMap { Int($0) } }
    let step = variable("SLURM_STEP_ID") == nil ? nil : number("SLURM_STEP_NUM_TASKS")

    if let size = variable("OMPI_COMM_WORLD_SIZE") {
      self = .task(number("OMPI_COMM_WORLD_RANK") ?? 0, of: Int(size), by: .mpirun)
    } else if let rank = number("PMIX_RANK") {
      let isSlurm = variable("PMIX_NAMESPACE")?.hasPrefix("slurm.") == true
      self = Self.aloneOrTask(rank, of: isSlurm ? step : nil, by: .pmix)
    } else if let rank = number("PMI_RANK") {
      self = Self.aloneOrTask(rank, of: number("PMI_SIZE"), by: .pmi)
    } else if let step {
      self = Self.aloneOrTask(number("SLURM_PROCID") ?? 0, of: step, by: .slurm)
    } else {
      self = .alone
    }
  }

  /// A task that is the only one has nobody to find, whatever was offered to it for that.
  private static func aloneOrTask(_ number: Int, of count: Int?, by launcher: Launcher) -> Launch {
    count == 1 ? .alone : .task(number, of: count, by: launcher)
  }
}

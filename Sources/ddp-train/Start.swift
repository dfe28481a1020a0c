import CGuard
import CHost
import DataParallel
import Glibc
import Launch
import MPI

/// How a process comes to its ranks: MPI for the tasks of a launcher, and none for a process that is alone.
enum Start {
  /// Starts MPI where it is needed. What cannot work is refused before, in one line of one task.
  ///
  /// - Parameters:
  ///   - oneTaskIsEnough: whether the command needs no other ranks. It then works even where a launcher's tasks cannot
  ///     find each other: the first does it, and the others end.
  ///   - isUnderstood: false for help, and for a command line that is wrong: the same on all tasks, unless mpirun
  ///     started them.
  static func environment(
    _ launch: Launch = .current, oneTaskIsEnough: Bool, isUnderstood: Bool
  ) throws(Refusal) -> Environment {
    guard case .task(let number, let count, let launcher) = launch else { return made(.alone) }
    let speaks = number == 0
    if launcher == .slurm && oneTaskIsEnough || launcher != .mpirun && !isUnderstood {
      guard speaks else { throw Refusal(reason: nil, code: 0) }
      return made(.alone)
    }
    if launcher == .slurm {
      throw Refusal(speaks ? "Slurm started \(count ?? 0) tasks without the means to find each other: \(advice)" : nil)
    }
    guard isAnyNetworkUp() else {
      throw Refusal(
        speaks
          ? "no network interface is up, not even loopback, and Open MPI starts no ranks without one: "
            + "ip link set lo up, or run without mpirun" : nil)
    }
    let refusal = MessageCopy.avoidRefused()
    if speaks { cguard_last_words("ddp-train: error: \(whyNotStarted(launcher))\n", unavailable) }
    let environment = made(launch)
    cguard_last_words(nil, 0)
    if environment.world.size == 1, let count, count > 1 {
      throw Refusal(
        speaks ? "\(count) tasks were started, and Open MPI in each of them finds no other: \(advice)" : nil)
    }
    do {
      try MessageCopy.tell(of: refusal, over: environment.world)
    } catch {
      Environment.abort(because: error)
    }
    return environment
  }

  /// A start that was refused.
  struct Refusal: Error {
    /// Nil on tasks that have nothing to say.
    let reason: String?
    let code: Int32

    init(reason: String?, code: Int32) { (self.reason, self.code) = (reason, code) }
    init(_ reason: String?) { self.init(reason: reason, code: unavailable) }
  }

  /// The exit code where something is missing that the program needs: EX_UNAVAILABLE of sysexits.h.
  private static let unavailable: Int32 = 69

  private static let advice =
    "use Open MPI's own mpirun, srun --mpi=pmix, or sbatch launch/slurm; srun -n 1 for one alone"

  /// Open MPI ends the process itself where it does not start, after boxes of its own words.
  private static func whyNotStarted(_ launcher: Launch.Launcher) -> String {
    let names = ["TMPDIR", "TEMP", "TMP"]
    let folder = names.compactMap { name in getenv(name).map { String(cString: $0) } }.first ?? "/tmp"
    let isWritable = access(folder, W_OK | X_OK) == 0
    return "Open MPI does not start, for the reason that it gives"
      + (isWritable ? "" : "; it may be that \(folder) cannot be written to: set TMPDIR to a folder that can")
      + (launcher == .mpirun ? "; ddp-train doctor, without mpirun, looks at this machine" : ": \(advice)")
  }

  private static func made(_ launch: Launch) -> Environment {
    do {
      return try Environment(launch)
    } catch {
      Environment.abort(because: error)
    }
  }
}

/// Open MPI copies long messages between the ranks of a host out of each other's memory. Where the system forbids that
/// (seccomp in a container, Yama) Open MPI would find out at each message, and say so at each.
private enum MessageCopy {
  /// Really tries it, and tells Open MPI to do without where it is refused. Before MPI starts.
  ///
  /// - Returns: the system's reason where it is refused; nil too where the user has decided.
  static func avoidRefused() -> String? {
    guard getenv(variable) == nil else { return nil }
    let error = chost_child_reads_this_process()
    guard error != 0 else { return nil }
    setenv(variable, "none", 1)
    return String(cString: strerror(error))
  }

  /// One notice, of the first rank that was refused. Collective.
  static func tell(of refusal: String?, over world: Communicator) throws {
    let first = try world.allReduce(refusal == nil ? world.size : world.rank, .min)
    guard let refusal, world.rank == first else { return }
    RankLogHandler.logger(rank: world.rank).notice(
      "ranks may not read each other's memory (process_vm_readv: \(refusal)), so long messages are copied twice")
  }

  private static let variable = "OMPI_MCA_btl_vader_single_copy_mechanism"
}

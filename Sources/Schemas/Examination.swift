/// The results of `doctor`: what is wrong with a job before it runs, and how to start it.
public struct Examination: FileFormat {
  public var formatVersion: Int? = newestFormat
  public var findings: [Finding] = []
  /// mpirun's, for a shell; ends with the program, to which arguments can be added.
  public var commandLine = ""
  public var hosts = 0
  public var ranks = 0
  public var isUnderMpiRun = false
  /// Of each host.
  public var topologies: [HostTopology]?
  /// Of the job, or of the ranks that `commandLine` starts, at some widths.
  public var memory: [RunMemoryResult]?

  public init() {}

  public var problems: [Finding] { findings.filter { $0.severity == .problem } }

  /// Problems and advice: what there is to do something about.
  public var warnings: [Finding] { findings.filter { $0.severity != .fine } }
}

/// The result of one check.
public struct Finding: FileRecord, Equatable {
  public enum Severity: String, Codable, Sendable { case fine, advice, problem }

  /// `problem`: the run would fail, or wait for itself. `advice`: it would be slower, or its times mean less.
  public var severity = Severity.fine
  /// The check, in a word or two.
  public var check = ""
  /// The hosts of which it is true; nil for all.
  public var hosts: [String]?
  public var what = ""
  /// Nil where there is nothing to do.
  public var whatToDo: String?

  public init() {}
}

/// A host's cores, and what lies on them.
public struct HostTopology: FileRecord, Equatable {
  public var host = ""
  /// False where an environment variable describes another machine to hwloc.
  public var isThisMachine = true
  /// Those that a job may use, and their hardware threads.
  public var cores = 0, hardwareThreads = 0
  /// NUMA domains that have such cores, in the order of their numbers.
  public var domains: [DomainResult] = []
  /// Kinds of such cores, the slowest first; empty where all are alike.
  public var kinds: [KindResult] = []

  public init() {}
}

/// A NUMA domain's cores that a job may use.
public struct DomainResult: FileRecord, Equatable {
  /// As the kernel writes them: "0-95".
  public var cpus = ""
  public var cores = 0
  /// Of the job; nil where a rank may use several domains. Of a process started by hand: those that `commandLine` starts there.
  public var ranks: Int?

  public init() {}
}

/// A kind's cores that a job may use.
public struct KindResult: FileRecord, Equatable {
  public var cpus = ""
  public var cores = 0
  /// The higher, the faster; nil where the system does not say.
  public var efficiency: Int?

  public init() {}
}

/// Memory of a run whose ranks share one model on each host, at most.
public struct RunMemoryResult: FileRecord, Equatable {
  /// C and H; B of all ranks together; N.
  public var c = 0, heads = 0, batch = 0, ranks = 0
  /// Of the host that has most of them.
  public var ranksOnHost = 0
  /// Arrays of one rank.
  public var rankBytes = 0
  /// What the ranks of that host share, Open MPI's own segments counted.
  public var sharedBytes = 0
  /// Of that host: its ranks' arrays and what they share.
  public var hostBytes = 0

  public init() {}
}

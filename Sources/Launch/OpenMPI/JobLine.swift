/// The words that start a job with Open MPI's mpirun: the one place that knows its options, of version 4 and of version 5.
///
/// Ranks fill the first host, then the next. mpirun binds none of them, because it looks at no mask: `binder` does, on each
/// host by that host's own.
///
/// Source: mpirun(1) of Open MPI 4.1; prterun(1), and `prte_info --all`, of Open MPI 5.0.
public struct JobLine: Sendable {
  public var launcher: MPILauncher
  /// Where the ranks go; one to a host whose number is not known. Empty: on this host, or where a scheduler has allocated.
  public var hosts: [HostShare] = []
  /// On this host; nil where hosts say it, or a scheduler.
  public var ranks: Int?
  /// Whether more ranks than cores meet somewhere, and mpirun is to allow it.
  public var sharesCores = false
  /// Whether a rank that waits lets others run: it would spin against the very rank that it waits for. Always where they share
  /// cores.
  public var yields = false
  /// mpirun's --map-by; nil for its default.
  public var mapping: String?
  /// Words before mpirun's own.
  public var wrapper: [String] = []
  /// Words before the program that bind each rank to a core of its own.
  public var binder: [String] = []
  /// What mpirun itself binds a rank to; nil leaves that to mpirun.
  public var binding: Binding? = Binding.none
  /// Whether mpirun is told that root is meant.
  public var allowsRoot = false
  /// The job's own files and name; nil for Open MPI's defaults.
  public var place: JobPlace?
  /// Whether a host that is lost ends the job within seconds.
  public var failsFast = false
  /// Instead of ssh: the words that a daemon is started with on another host, before its name.
  public var agent: [String] = []
  /// An interface, or addresses as 10.1.0.0/16, that daemons and ranks use alone.
  public var network: String?
  /// Words that start a daemon of Open MPI's on a host, before its own.
  public var daemon: [String] = []
  /// Environment variables that ranks on all hosts get, by name: their values are in no argument, where other users could
  /// read them.
  public var handedOn: [String] = []

  public enum Binding: String, Sendable {
    case none, core
    case hardwareThread = "hwthread"
  }

  public init(launcher: MPILauncher) { self.launcher = launcher }

  /// mpirun's words, the program's last.
  public func words(_ program: [String]) -> [String] {
    var words = wrapper + [launcher.path]
    words += launcher.usesPRRTE ? settingsOfPRRTE : settingsOfORTE
    for name in handedOn { words += ["-x", name] }
    let total = hosts.isEmpty ? ranks : hosts.reduce(0) { $0 + ($1.ranks ?? 1) }
    if let total { words += ["-np", "\(total)"] }
    if allowsRoot { words.append("--allow-run-as-root") }
    if !hosts.isEmpty {
      words += ["--host", hosts.map { "\($0.name):\($0.ranks ?? 1)" }.joined(separator: ",")]
    }
    if let mapping { words += ["--map-by", mapping] }
    if sharesCores { words.append("--oversubscribe") }
    if sharesCores || yields { words += ["--mca", "mpi_yield_when_idle", "1"] }
    if binding == .hardwareThread { words.append("--use-hwthread-cpus") }
    if let binding { words += ["--bind-to", binding.rawValue] }
    return words + binder + program
  }
}

extension JobLine {
  /// Open MPI 4: its runtime is ORTE, and all settings are --mca.
  private var settingsOfORTE: [String] {
    var settings: [(String, String)] = []
    if failsFast { settings += keepAlive + [("plm_rsh_no_tree_spawn", "1")] }
    if let place {
      settings += [
        (Self.nameSetting, place.name), ("orte_tmpdir_base", place.temporary),
        ("btl_vader_backing_directory", place.sharedMemory), ("osc_sm_backing_directory", place.sharedMemory),
      ]
    }
    if !agent.isEmpty { settings.append(("plm_rsh_agent", agent.joined(separator: " "))) }
    if !daemon.isEmpty { settings.append(("orte_launch_agent", (daemon + ["orted"]).joined(separator: " "))) }
    if let network { settings += [("oob_tcp_if_include", network), ("btl_tcp_if_include", network)] }
    return settings.flatMap { ["--mca", $0, $1] }
  }

  /// Open MPI 5: its runtime is PRRTE, whose settings are --prtemca; --mca is the ranks' alone.
  private var settingsOfPRRTE: [String] {
    var daemons: [(String, String)] = []
    var ranks: [(String, String)] = []
    if failsFast { daemons += keepAlive + [("plm_ssh_no_tree_spawn", "1")] }
    if let place {
      daemons += [(Self.nameSetting, place.name), ("prte_tmpdir_base", place.temporary)]
      ranks += [("btl_sm_backing_directory", place.sharedMemory), ("osc_sm_backing_directory", place.sharedMemory)]
    }
    if !agent.isEmpty { daemons.append(("plm_ssh_agent", agent.joined(separator: " "))) }
    if !daemon.isEmpty { daemons.append(("prte_launch_agent", (daemon + ["prted"]).joined(separator: " "))) }
    if let network {
      daemons.append(("prte_if_include", network))
      ranks.append(("btl_tcp_if_include", network))
    }
    return daemons.flatMap { ["--prtemca", $0, $1] } + ranks.flatMap { ["--mca", $0, $1] }
  }

  /// A setting that Open MPI does not know, and hands on to its daemons: they are found by it.
  public static let nameSetting = "ddp_train_job"

  /// A host that vanishes sends nothing, and TCP alone waits for it without end: mpirun and the ranks on the other hosts
  /// would hang. With these mpirun asks a silent host after 2 s, each second, three times, and then ends the job (Open MPI's own
  /// values are 300 s, 20 s, 9 times). Every host is started from here and not from another host, which is the other half: a
  /// failure to start names the right one, and hosts need no way to log in to each other.
  private var keepAlive: [(String, String)] {
    [("oob_tcp_keepalive_time", "2"), ("oob_tcp_keepalive_intvl", "1"), ("oob_tcp_keepalive_probes", "3")]
  }
}

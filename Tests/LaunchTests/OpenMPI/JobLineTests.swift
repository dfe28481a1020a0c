import Testing

@testable import Launch

@Suite("mpirun's words") struct JobLineTests {
  private let version4 = MPILauncher(name: "mpirun", path: "/opt/mpirun", version: "4.1.4")
  private let version5 = MPILauncher(name: "mpirun", path: "/opt/mpirun", version: "5.0.7")
  private let place = JobPlace(name: "0af9", temporaryFiles: "/scratch/tmp")
  private let program = ["/bin/train", "--steps", "3"]

  private func words(_ launcher: MPILauncher, _ change: (inout JobLine) -> Void) -> String {
    var line = JobLine(launcher: launcher)
    change(&line)
    let words = line.words(program)
    // Each test is about what stands between.
    #expect(words.suffix(3) == program)
    return words.joined(separator: " ")
  }

  /// What a change makes of the words of both versions.
  private func expect(
    _ four: String, _ five: String, _ change: (inout JobLine) -> Void, _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(words(version4, change) == four, sourceLocation: location)
    #expect(words(version5, change) == five, sourceLocation: location)
  }

  /// Where both say the same.
  private func expect(_ both: String, _ change: (inout JobLine) -> Void, _ location: SourceLocation = #_sourceLocation)
  {
    expect(both, both, change, location)
  }

  private let end = "--bind-to none /bin/train --steps 3"

  @Test("nothing asked for: where mpirun wants, and not bound") func least() { expect("/opt/mpirun \(end)") { _ in } }

  @Test("ranks on this host") func ranks() {
    expect("/opt/mpirun -np 4 --map-by slot \(end)") { ($0.ranks, $0.mapping) = (4, "slot") }
  }

  @Test("hosts: their ranks together, and each with its own; they take the place of ranks here") func hosts() throws {
    let hosts = [try HostShare("a", ranks: 2), try HostShare("b", ranks: 64)]
    expect("/opt/mpirun -np 66 --host a:2,b:64 --map-by slot \(end)") {
      ($0.hosts, $0.ranks, $0.mapping) = (hosts, 7, "slot")
    }
    let unknown = [try HostShare("a"), try HostShare("b", ranks: 3)]
    expect("/opt/mpirun -np 4 --host a:1,b:3 \(end)") { $0.hosts = unknown }
  }

  @Test("the binder stands before the program, a wrapper before mpirun") func around() {
    expect("env X=1 /opt/mpirun --bind-to none /bin/launch bind /bin/train --steps 3") {
      ($0.wrapper, $0.binder) = (["env", "X=1"], ["/bin/launch", "bind"])
    }
  }

  @Test("ranks that share cores, or wait for each other, give way") func yielding() {
    let yields = "--mca mpi_yield_when_idle 1"
    expect("/opt/mpirun --oversubscribe \(yields) \(end)") { $0.sharesCores = true }
    expect("/opt/mpirun \(yields) \(end)") { $0.yields = true }
    expect("/opt/mpirun --oversubscribe \(yields) \(end)") { ($0.sharesCores, $0.yields) = (true, true) }
  }

  @Test("a place: the job's name and its folders") func places() {
    #expect(place.folders == ["/dev/shm/ddp-train.0af9", "/scratch/tmp/ddp-train.0af9"])
    expect(
      """
      /opt/mpirun --mca ddp_train_job 0af9 --mca orte_tmpdir_base /scratch/tmp/ddp-train.0af9 \
      --mca btl_vader_backing_directory /dev/shm/ddp-train.0af9 --mca osc_sm_backing_directory /dev/shm/ddp-train.0af9 \
      \(end)
      """,
      """
      /opt/mpirun --prtemca ddp_train_job 0af9 --prtemca prte_tmpdir_base /scratch/tmp/ddp-train.0af9 \
      --mca btl_sm_backing_directory /dev/shm/ddp-train.0af9 --mca osc_sm_backing_directory /dev/shm/ddp-train.0af9 \
      \(end)
      """
    ) { $0.place = place }
  }

  @Test("a lost host ends the job within seconds; all are started from here") func failsFast() {
    func settings(_ option: String, _ starter: String) -> String {
      """
      /opt/mpirun \(option) oob_tcp_keepalive_time 2 \(option) oob_tcp_keepalive_intvl 1 \
      \(option) oob_tcp_keepalive_probes 3 \(option) \(starter)_no_tree_spawn 1 \(end)
      """
    }
    expect(settings("--mca", "plm_rsh"), settings("--prtemca", "plm_ssh")) { $0.failsFast = true }
  }

  @Test("an agent in ssh's place is one word") func agent() {
    let agent = ["ssh", "-F", "my config"]
    for (launcher, setting) in [(version4, ["--mca", "plm_rsh_agent"]), (version5, ["--prtemca", "plm_ssh_agent"])] {
      var line = JobLine(launcher: launcher)
      line.agent = agent
      #expect(line.words(["p"]) == ["/opt/mpirun"] + setting + ["ssh -F my config", "--bind-to", "none", "p"])
    }
  }

  @Test("words before a daemon's own") func daemon() {
    expect(
      "/opt/mpirun --mca orte_launch_agent env --block-signal=TERM orted \(end)",
      "/opt/mpirun --prtemca prte_launch_agent env --block-signal=TERM prted \(end)"
    ) { $0.daemon = ["env", "--block-signal=TERM"] }
  }

  @Test("a network is the daemons' and the ranks'") func network() {
    expect(
      "/opt/mpirun --mca oob_tcp_if_include 10.1.0.0/16 --mca btl_tcp_if_include 10.1.0.0/16 \(end)",
      "/opt/mpirun --prtemca prte_if_include 10.1.0.0/16 --mca btl_tcp_if_include 10.1.0.0/16 \(end)"
    ) { $0.network = "10.1.0.0/16" }
  }

  @Test("variables are handed on by name: what they hold stands nowhere") func secrets() {
    let signs = SignEnvironment(addresses: [.unix(path: "/tmp/private/signs")], token: SignToken())
    let names = signs.variables.map(\.name)
    for launcher in [version4, version5] {
      let words = words(launcher) {
        $0.handedOn = names
        $0.place = place
      }
      #expect(words.contains("-x DDP_TRAIN_SIGNS -x DDP_TRAIN_SIGN_TOKEN "))
      for (_, value) in signs.variables { #expect(!words.contains(value)) }
    }
  }

  @Test("everything at once, in order") func everything() throws {
    let hosts = [try HostShare("a", ranks: 1)]
    let words = words(version5) {
      ($0.hosts, $0.place, $0.failsFast, $0.sharesCores) = (hosts, place, true, true)
      ($0.agent, $0.daemon, $0.network, $0.handedOn) = (["ssh"], ["env"], "eth1", ["X"])
      ($0.mapping, $0.binder, $0.wrapper) = ("slot", ["bind"], ["env"])
    }
    #expect(
      words == """
        env /opt/mpirun --prtemca oob_tcp_keepalive_time 2 --prtemca oob_tcp_keepalive_intvl 1 \
        --prtemca oob_tcp_keepalive_probes 3 --prtemca plm_ssh_no_tree_spawn 1 --prtemca ddp_train_job 0af9 \
        --prtemca prte_tmpdir_base /scratch/tmp/ddp-train.0af9 --prtemca plm_ssh_agent ssh \
        --prtemca prte_launch_agent env prted --prtemca prte_if_include eth1 \
        --mca btl_sm_backing_directory /dev/shm/ddp-train.0af9 --mca osc_sm_backing_directory /dev/shm/ddp-train.0af9 \
        --mca btl_tcp_if_include eth1 -x X -np 1 --host a:1 --map-by slot --oversubscribe --mca mpi_yield_when_idle 1 \
        --bind-to none bind /bin/train --steps 3
        """)
  }

  @Test(
    "which versions start ranks through PRRTE",
    arguments: [
      ("4.1.4", false), ("5.0.7", true), ("10.0.0", true), ("5", true), ("3.1.6", false), ("", false), ("x.5", false),
    ])
  func runtime(version: String, isPRRTE: Bool) {
    #expect(MPILauncher(name: "m", path: "/m", version: version).usesPRRTE == isPRRTE)
  }
}

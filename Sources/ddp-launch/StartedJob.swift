import Files
import Glibc
import Launch
import Values

/// Runs a job as supervision decides, and ends this process with its exit code.
func runJob(
  _ options: JobOptions, words: [String], limits: SupervisionLimits, handsOnInput: Bool = false, saysNotes: Bool = true,
  ports: ClosedRange<UInt16>? = nil, startedBy: String? = nil, record: SupervisorRecord? = nil
) async throws -> Never {
  let program = try Programs.trainer(options.program)
  guard isAnyNetworkUp() else {
    throw Refusal(
      "no network interface is up, not even loopback, and Open MPI starts no ranks without one: ip link set lo up",
      code: exitUnavailable)
  }
  let site = try options.site(program: program)
  var settings = JobRunner.Settings(program: [program] + words)
  (settings.limits, settings.handsOnInput, settings.saysNotes) = (limits, handsOnInput, saysNotes)
  let environment = Programs.environment
  settings.temporaryFiles = environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
  let isAcrossNodes = options.slurm && environment["SLURM_JOB_NUM_NODES"] != "1"
  // An agent's hosts have the same files, but folders for temporary ones of their own. What lies beside it goes with them.
  settings.listening =
    options.agent.map { .thisHost(parent: folder(of: $0)) }
    ?? .thisHost { environment[$0] }
  if isAcrossNodes || options.namesHosts && options.agent == nil {
    let addresses = ownAddresses(network: options.network)
    guard !addresses.isEmpty else {
      throw Refusal(
        "this host has no address that others could reach\(options.network.map { ", on \(printable($0))" } ?? "")",
        code: exitUnavailable)
    }
    settings.listening = .network(Array(addresses.prefix(SignAddress.most)), ports: ports)
  }
  if geteuid() == 0 {
    // Open MPI refuses root unless asked twice; in a container root is the only user there is.
    settings.environment = ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]
  }
  // mpirun looks for settings in the user's folder, and dies of SIGSEGV where neither HOME nor the list of users has one.
  if environment["HOME"] == nil, getpwuid(geteuid()) == nil { settings.environment["HOME"] = "/" }
  settings.environment["DDP_TRAIN_TERMINAL"] = .some(terminalOfErrors())
  // An agent's caller is a script, which is to be called and not this.
  if let startedBy = startedBy ?? (options.agent == nil ? ownWords() : nil) {
    settings.environment["DDP_TRAIN_STARTED_BY"] = startedBy
  }
  settings.record = record
  let code = await JobRunner(settings, site: site, say: say).run()
  record?.remove()
  exit(code)
}

/// How this program was called, up to the program's own words.
private func ownWords() -> String {
  (CommandLine.arguments.prefix { $0 != "--" } + ["--"]).map(shellWord).joined(separator: " ")
}

/// The terminal that shows what ranks write, for rank 0 to draw its progress on: between them is a pipe. Of no use on another
/// host, where mpirun does not hand it on.
private func terminalOfErrors() -> String? {
  guard isatty(STDERR_FILENO) == 1, let name = ttyname(STDERR_FILENO) else { return nil }
  return String(cString: name)
}

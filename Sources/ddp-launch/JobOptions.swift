import ArgumentParser
import Glibc
import Launch
import Values

/// What says where a job runs, the same for all commands that start one.
struct JobOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Ranks on this machine (default: one on each physical core).", valueName: "n"))
  var ranks: Int?

  @Option(
    help: ArgumentHelp(
      "The hosts of the job, and how many ranks each has (default: one on each of its physical cores).",
      valueName: "a:64,b:64"))
  var hosts: String?

  @Option(
    help: ArgumentHelp(
      "The same from a file, as Open MPI reads it: a name and slots=N on each line.", valueName: "file"),
    completion: .file()
  )
  var hostfile: String?

  @Option(
    help: ArgumentHelp("The program to start, instead of the ddp-train beside ddp-launch.", valueName: "file"),
    completion: .file())
  var program: String?

  @Option(
    help: ArgumentHelp(
      "The network that hosts with several are to use: an interface (eth0) or addresses (10.1.0.0/16).",
      valueName: "network"))
  var network: String?

  @Option(
    help: ArgumentHelp("A configuration for ssh, instead of ~/.ssh/config: users, ports, keys.", valueName: "file"),
    completion: .file())
  var sshConfig: String?

  @Flag(help: "Start without the hosts that do not answer, as long as one does.")
  var skipLostHosts = false

  @Option(
    help: ArgumentHelp("Starts commands on hosts, instead of ssh: for launch/namespaces.", visibility: .private))
  var agent: String?

  @Option(help: ArgumentHelp("Says which hosts are not well: for launch/namespaces.", visibility: .private))
  var states: [String] = []

  @Option(
    help: ArgumentHelp(
      "Physical cores of the hosts, a:2,b:2, 0 where they share some: for launch/namespaces.", visibility: .private))
  var hostCores: String?

  @Flag(help: ArgumentHelp("In the nodes and tasks that Slurm has allocated: for launch/slurm.", visibility: .private))
  var slurm = false

  @Option(help: ArgumentHelp("The path of ddp-launch on the hosts, where it is not this one's.", visibility: .private))
  var ddpLaunch: String?

  func validate() throws {
    if let ranks, !(1...HostShare.mostRanks ~= ranks) {
      throw ValidationError("--ranks \(ranks): a whole number from 1 to \(HostShare.mostRanks), please")
    }
    if ranks != nil, namesHosts {
      throw ValidationError("--ranks is for this machine alone; --hosts a:\(ranks ?? 1)")
    }
    if hosts != nil, hostfile != nil { throw ValidationError("--hosts or --hostfile, not both") }
    if let sshConfig, access(sshConfig, R_OK) != 0 || sshConfig.contains(where: \.isWhitespace) {
      throw ValidationError("--ssh-config \(printable(sshConfig)): no such file, or its path has blanks")
    }
  }

  var namesHosts: Bool { hosts != nil || hostfile != nil }

  /// Nil for a job on this host alone.
  private func shares() throws(Refusal) -> [HostShare]? {
    do {
      if let hosts { return try [HostShare](list: hosts) }
      guard let hostfile else { return nil }
      guard let text = regularText(hostfile) else { throw Refusal("cannot read the host file \(printable(hostfile))") }
      return try [HostShare](file: text, path: hostfile)
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw Refusal("\(error)")
    }
  }

  /// What brings `program` to the hosts.
  func carrier(program: String) throws(Refusal) -> Carrier {
    Carrier(
      Carrier.Settings(hosts: try shares() ?? [], program: program, ddpLaunch: Programs.own, sshConfig: sshConfig))
  }

  private func regularText(_ path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size < 1 << 24 else { return nil }
    return SystemFiles().text(path)
  }

  /// Where the job runs, with `program` as each rank.
  func site(program: String) throws(Refusal) -> any JobSite {
    let launcher = try Programs.mpirun()
    if slurm {
      return SlurmAllocation(
        launcher: launcher, binder: Programs.binder, shield: Programs.shield, environment: Programs.environment)
    }
    guard let hosts = try shares() else { return ThisHost(launcher: launcher, binder: Programs.binder, ranks: ranks) }
    if let agent {
      var cores: [String: Int] = [:]
      for entry in (hostCores ?? "").split(separator: ",") {
        let parts = entry.split(separator: ":")
        if parts.count == 2 { cores[String(parts[0])] = Int(parts[1]) }
      }
      var settings = AgentHosts.Settings(
        launcher: launcher, hosts: hosts, agent: agent, states: states, binder: Programs.binder, cores: cores)
      settings.skipsLostHosts = skipLostHosts
      return AgentHosts(settings)
    }
    var settings = SSHHosts.Settings(
      launcher: launcher, hosts: hosts, program: program, ddpLaunch: ddpLaunch ?? Programs.own)
    (settings.sshConfig, settings.network, settings.skipsLostHosts) = (sshConfig, network, skipLostHosts)
    return SSHHosts(settings)
  }
}

import Foundation
import Schemas

/// Users, names, programs.
extension JobFacts {
  /// Whether mpirun will start for this user.
  func rootFinding() -> Finding {
    guard isRoot else { return .fine("user", "not root") }
    if isUnderMPIRun || rootIsAllowed { return .fine("user", "root, and mpirun is told to accept it") }
    return .advice(
      "user", "root: mpirun refuses to start",
      do: "use another user, the option of the line below, or OMPI_ALLOW_RUN_AS_ROOT=1 "
        + "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1")
  }

  /// Whether there is an mpirun for the library of this program.
  func launcherFinding() -> Finding? {
    guard !isUnderMPIRun else { return nil }
    guard let command = launcher.command else {
      return .problem("mpirun", "no mpirun of Open MPI in PATH", do: "apt-get install openmpi-bin")
    }
    let version = launcher.version ?? "?"
    guard version == launcher.libraryVersion else {
      return .advice(
        "mpirun", "\(command) is Open MPI \(version), and the program uses \(launcher.libraryVersion)",
        do: "put the mpirun of \(launcher.libraryVersion) first in PATH")
    }
    return .fine("mpirun", "\(command), Open MPI \(version)")
  }

  /// Whether each machine has a name of its own.
  func namesFinding() -> Finding? {
    let twice = Dictionary(grouping: hosts, by: \.name).filter { Set($0.value.map(\.machine)).count > 1 }.keys.sorted()
    guard !twice.isEmpty else { return nil }
    return .problem(
      "names", "several machines are called \(twice.joined(separator: ", ")): Open MPI takes them for one",
      do: "give each a name of its own: hostnamectl set-hostname NAME")
  }

  /// Whether a host's name leads to it.
  func addressFinding(_ host: Int) -> Finding {
    let facts = hosts[host]
    guard !facts.addresses.isEmpty else {
      return .advice(
        "name", "\(facts.name) has no address: other hosts cannot find it by its name",
        do: "a line in /etc/hosts: ADDRESS \(facts.name)")
    }
    let isLocal = facts.addresses.allSatisfy(isOfThisHost)
    guard isLocal, hosts.count > 1 else {
      return .fine("name", "\(facts.name), \(facts.addresses.joined(separator: ", "))")
    }
    return .advice(
      "name", "\(facts.name) leads to \(facts.addresses.joined(separator: ", ")), which is every host's own",
      do: "name its address in the network in /etc/hosts")
  }

  /// Whether the program uses the CPU's widest vectors.
  func buildFinding(_ host: Int) -> Finding {
    let facts = hosts[host]
    let unit = facts.sme2Bits > 0 ? ", and SME2 of \(facts.sme2Bits) bits" : ""
    let order = ["SSE2", "AVX2+FMA", "AVX-512"]
    let built = order.firstIndex(of: facts.builtFor) ?? 0
    guard let has = order.firstIndex(of: facts.cpuHas), has > built else {
      return .fine("build", "for \(facts.builtFor), which the CPU has\(unit)")
    }
    return .advice(
      "build", "for \(facts.builtFor), and the CPU has \(facts.cpuHas)",
      do: "build here: swift build -c release")
  }
}

/// Whether an address is the one that every host calls its own.
func isOfThisHost(_ address: String) -> Bool { address.hasPrefix("127.") || address == "::1" }

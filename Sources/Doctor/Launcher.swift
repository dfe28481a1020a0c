import Foundation
import MPI
import Values

extension JobFacts.Launcher {
  /// Looks for the mpirun of Open MPI: MPICH's has the same name and may come first in PATH.
  ///
  /// - Parameter isRunning: nothing is asked then: the right one started this process.
  init(environment: [String: String], isRunning: Bool) {
    // "Open MPI v4.1.4, package: …"
    libraryVersion =
      Environment.libraryVersion.split(separator: ",").first?.split(separator: " ").last
      .map { String($0.drop { $0 == "v" }) } ?? "?"
    guard !isRunning else { return }
    let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").map(String.init)
    for name in ["mpirun", "mpirun.openmpi"] {
      guard let path = folders.map({ "\($0)/\(name)" }).first(where: FileManager.default.isExecutableFile),
        let found = Self.openMPIVersion(of: path)
      else { continue }
      if command == nil || found == libraryVersion { (command, version) = (name, found) }
      if found == libraryVersion { return }
    }
  }

  /// Nil for another library's.
  private static func openMPIVersion(of path: String) -> String? {
    // The C library's, through a shell: Foundation's Process waits for ever now and then.
    guard let output = popen("\(shellWord(path)) --version 2>/dev/null </dev/null", "re") else { return nil }
    defer { pclose(output) }
    var text = [CChar](repeating: 0, count: 200)
    guard fgets(&text, CInt(text.count), output) != nil else { return nil }
    let start = "mpirun (Open MPI) "
    let line = String(decoding: text.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return line.hasPrefix(start) ? String(line.dropFirst(start.count)) : nil
  }
}

extension SystemFiles {
  /// The CPUs that Open MPI's starter on this host may use: what ranks had before it bound them. Nil without one.
  ///
  /// - Parameter process: the rank's.
  func launcherCPUs(above process: Int32) -> [Int]? {
    let launchers: Set = ["mpirun", "mpiexec", "orterun", "orted", "prterun", "prted"]
    var next = process
    for _ in 0..<32 {
      let status = "/proc/\(next)/status"
      guard let parent = value("PPid", in: status).flatMap({ Int32($0) }), parent > 0 else { return nil }
      let above = "/proc/\(parent)/status"
      // mpirun is often a link to orterun; the kernel's name is the one it was started by, cut to 15 characters.
      if let name = value("Name", in: above), launchers.contains(String(name.prefix { $0 != "." })) {
        return value("Cpus_allowed_list", in: above).map(expandedList)
      }
      next = parent
    }
    return nil
  }
}

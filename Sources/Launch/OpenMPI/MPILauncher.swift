import Files
import Glibc
import Values

/// An mpirun of Open MPI's on this machine.
public struct MPILauncher: Equatable, Sendable {
  /// As it is found in PATH.
  public let name: String
  public let path: String
  /// "4.1.4"
  public let version: String

  public init(name: String, path: String, version: String) {
    (self.name, self.path, self.version) = (name, path, version)
  }

  /// Whether mpirun starts ranks through PRRTE, which has names of its own for most settings: so since Open MPI 5.
  public var usesPRRTE: Bool { (version.split(separator: ".").first.flatMap { Int($0) } ?? 0) >= 5 }

  /// Looks through PATH: MPICH's mpirun has the same name and may come first there.
  ///
  /// - Parameters:
  ///   - environment: DDP_TRAIN_MPIRUN in it, where it is set, is the one to take.
  ///   - preferred: a version that is taken before others.
  public init?(environment: [String: String], preferred: String? = nil) {
    let chosen = environment["DDP_TRAIN_MPIRUN"].flatMap { $0.isEmpty ? nil : [$0] }
    let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
    let paths =
      chosen
      ?? ["mpirun", "mpirun.openmpi"].flatMap { name in
        folders.map { "\($0)/\(name)" }.filter { access($0, X_OK) == 0 }
      }
    // Each is asked for its version, and no more of them than need be.
    let found = paths.lazy.compactMap { path in
      openMPIVersion(of: path).map { version in
        MPILauncher(name: Files.name(of: path), path: path, version: version)
      }
    }
    let wanted = preferred.flatMap { version in found.first { $0.version == version } }
    guard let best = wanted ?? found.first else { return nil }
    self = best
  }
}

/// Nil for another library's mpirun, and for one that does not answer.
///
/// - Parameter seconds: how long it may take.
func openMPIVersion(of path: String, within seconds: Double = CallLimits().version) -> String? {
  let start = "mpirun (Open MPI) "
  let answer = LimitedCall(words: [path, "--version"], seconds: seconds).wait()
  guard let line = answer?.output.split(separator: "\n", omittingEmptySubsequences: false).first, line.hasPrefix(start)
  else { return nil }
  return String(line.dropFirst(start.count).prefix(100))
}
